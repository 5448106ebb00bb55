import { createHash } from "node:crypto";
import type { LogIndex, Offset } from "../../common/brand.ts";
import {
  COMPACTED_FLAG,
  encodeFrameInto,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  viewOf,
} from "../../common/frame.ts";
import type { File } from "../file-system.ts";
import { byteLengthOf } from "../chunks.ts";
import { encodeCompactedFooter } from "./compacted-footer.ts";
import { COMPACTED_ROW_BYTES, ROW_INTERVAL_BYTES, writeCompactedRow } from "./compacted-row.ts";
import type { CompactedFile } from "./manifest.ts";

const SLAB_BYTES = 256 << 10;
const FIRST_ROWS = 64;

/** What a file stands for, known when it ends. */
export interface Coverage {
  readonly nextOffset: Offset;
  readonly lastIndex: LogIndex;
}

/** Writes one compacted file: frames, then rows, then the footer; then it is synced. */
export class CompactedWriter {
  readonly #file: File;
  readonly #baseOffset: Offset;
  readonly #hash = createHash("sha256");
  readonly #chunks: Uint8Array[] = [];
  #slab: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#slab);
  #used = 0;
  #rows = new Uint8Array(FIRST_ROWS * COMPACTED_ROW_BYTES);
  #rowCount = 0;
  #nextRowAt = 0;
  /** Bytes handed to the file. */
  #written = 0;
  #frameBytes = 0;
  #chain = 0;
  #records = 0;
  #first: FrameHeader | undefined;
  #last: FrameHeader | undefined;

  constructor(file: File, baseOffset: Offset) {
    this.#file = file;
    this.#baseOffset = baseOffset;
  }

  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** Bytes that wait for {@link flush}. */
  get pendingBytes(): number {
    return this.#frameBytes - this.#written;
  }

  /** Adds records `skip` .. `skip + recordCount - 1` of the frame that `source` heads. */
  add(source: FrameHeader, skip: number, recordCount: number, payload: Uint8Array): void {
    const length = FRAME_HEADER_BYTES + payload.length;
    if (this.#used + length > this.#slab.length) this.#newSlab(length);
    const { producer } = source;
    const baseOffset = (source.baseOffset + skip) as Offset;
    if (this.#frameBytes >= this.#nextRowAt) this.#addRow(baseOffset, source.timestamp);
    this.#chain = encodeFrameInto(
      this.#slab,
      this.#view,
      this.#used,
      {
        type: "data",
        flags: COMPACTED_FLAG,
        index: source.index,
        term: source.term,
        baseOffset,
        segmentFirstIndex: source.segmentFirstIndex,
        timestamp: source.timestamp,
        recordCount,
        producer: producer && { ...producer, sequence: producer.sequence + skip },
      },
      payload,
      this.#chain,
    );
    this.#used += length;
    this.#frameBytes += length;
    this.#records += recordCount;
    this.#first ??= source;
    this.#last = source;
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    this.#endSlab();
    await this.#write(this.#chunks.splice(0));
  }

  /** Ends the file, durably; it must hold a frame. */
  async finish(coverage: Coverage): Promise<Omit<CompactedFile, "name" | "settled">> {
    await this.flush();
    if (this.#first === undefined || this.#last === undefined)
      throw new TypeError("a compacted file holds at least one frame");
    await this.#write([this.#rows.subarray(0, this.#rowCount * COMPACTED_ROW_BYTES)]);
    const facts = {
      baseOffset: this.#baseOffset,
      nextOffset: coverage.nextOffset,
      firstIndex: this.#first.index,
      lastIndex: coverage.lastIndex,
      firstTimestamp: this.#first.timestamp,
      lastTimestamp: this.#last.timestamp,
      records: this.#records,
      frameBytes: this.#frameBytes,
      rows: this.#rowCount,
      lastChain: this.#chain,
    };
    const sha256 = this.#hash.copy().digest();
    await this.#write([encodeCompactedFooter({ ...facts, sha256 })]);
    await this.#file.sync();
    await this.#file.close();
    return { ...facts, bytes: this.#written, sha256: this.#hash.digest("hex") };
  }

  /** Gives the file up; its name is the caller's to remove. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  #newSlab(atLeast: number): void {
    this.#endSlab();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, atLeast));
    this.#view = viewOf(this.#slab);
  }

  #endSlab(): void {
    if (this.#used > 0) this.#chunks.push(this.#slab.subarray(0, this.#used));
    this.#slab = this.#slab.subarray(this.#used);
    this.#view = viewOf(this.#slab);
    this.#used = 0;
  }

  #addRow(offset: Offset, timestamp: number): void {
    const at = this.#rowCount * COMPACTED_ROW_BYTES;
    if (at === this.#rows.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    const row = { offset, timestamp, position: this.#frameBytes, prevChain: this.#chain };
    writeCompactedRow(viewOf(this.#rows), at, this.#rowCount, row);
    this.#rowCount++;
    this.#nextRowAt = this.#frameBytes + ROW_INTERVAL_BYTES;
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return;
    for (const chunk of chunks) this.#hash.update(chunk);
    await this.#file.write(chunks, this.#written);
    this.#written += byteLengthOf(chunks);
  }
}
