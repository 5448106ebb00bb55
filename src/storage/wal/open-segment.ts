import type { LogIndex, Offset } from "../../common/brand.ts";
import { type Frame, payloadOf } from "../../common/frame.ts";
import type { FrameBlock } from "../../common/frame-block.ts";
import type { File } from "../file-system.ts";
import type { SegmentRef, SegmentState, SegmentStatus } from "../types.ts";
import type { SegmentStart } from "./index-header.ts";
import type { Row } from "./row.ts";
import { isRollRequest } from "./roll-request.ts";
import { RowTable } from "./row-table.ts";
import { SegmentDigest } from "./segment-digest.ts";

/** The pair of files of a segment that may still be written; nobody else writes them. */
export interface SegmentFiles {
  readonly log: File;
  readonly index: File;
}

/** A segment that is not sealed: active, or closed and waiting for its footer. */
export class OpenSegment {
  readonly sealed = false;
  readonly stem: string;
  readonly rows: RowTable;
  /** Whether it is still the one that is written. */
  state: SegmentState = "active";
  /** Entries that are not `data`: few, and listed in the footer. */
  readonly #nonData: LogIndex[] = [];
  /** Where it holds a `control: roll`. */
  #rollIndex: LogIndex | undefined;
  /** Absent until the pair exists on disk and the manifest names it. */
  files: SegmentFiles | undefined;
  /** Bytes of frames in the file, also those that are being written. */
  diskBytes = 0;
  /** Of the bytes in the file; absent after a cut below what it had been fed. */
  digest: SegmentDigest | undefined = new SegmentDigest();

  constructor(stem: string, start: SegmentStart) {
    this.stem = stem;
    this.rows = new RowTable(start);
  }

  get start(): SegmentStart {
    return this.rows.start;
  }

  /** Its last entry is `control: roll`. */
  get rollRequested(): boolean {
    return this.#rollIndex === this.lastIndex;
  }

  get ref(): SegmentRef {
    const { baseOffset, firstIndex } = this.rows.start;
    return { baseOffset, firstIndex };
  }

  get firstIndex(): LogIndex {
    return this.rows.start.firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.rows.lastIndex;
  }

  get baseOffset(): Offset {
    return this.rows.start.baseOffset;
  }

  get nextOffset(): Offset {
    return this.rows.nextOffset;
  }

  get firstTimestamp(): number {
    return this.rows.count === 0 ? 0 : this.rows.timestamp(this.firstIndex);
  }

  get lastTimestamp(): number {
    return this.rows.count === 0 ? 0 : this.rows.timestamp(this.lastIndex);
  }

  get lastChain(): number {
    return this.rows.count === 0 ? this.start.prevChain : this.rows.chain(this.lastIndex);
  }

  get nonData(): readonly LogIndex[] {
    return this.#nonData;
  }

  append(frame: Frame): void {
    this.rows.append(frame.header);
    if (frame.header.type !== "data") this.#addNonData(frame);
  }

  /** Adds the frames from..to-1 of `frames`. */
  appendBlock(frames: FrameBlock, from: number, to: number): void {
    this.rows.appendBlock(frames, from, to);
    for (let at = from; at < to; at++) if (!frames.isData(at)) this.#addNonData(frames.frame(at));
  }

  /** Adds an entry whose bytes are damaged: its row says all that is known of it. */
  appendFaulty(row: Row): void {
    this.rows.appendRow(row);
    if (row.recordCount === 0) this.#nonData.push(row.index);
    // What was hashed so far is not what the file will hold.
    this.digest = undefined;
  }

  /** A faulty entry has its bytes again. */
  repaired({ header, bytes }: Frame): void {
    if (isRollRequest(header.type, payloadOf({ header, bytes }))) this.#rollIndex = header.index;
  }

  #addNonData(frame: Frame): void {
    const { type, index } = frame.header;
    this.#nonData.push(index);
    if (isRollRequest(type, payloadOf(frame))) this.#rollIndex = index;
  }

  /** Forgets the entries from `from` on. */
  cut(from: LogIndex): void {
    this.rows.cut(from);
    while ((this.#nonData.at(-1) ?? 0) >= from) this.#nonData.pop();
    if (this.#rollIndex !== undefined && this.#rollIndex >= from) this.#rollIndex = undefined;
  }

  status(): SegmentStatus {
    return {
      file: `${this.stem}.log`,
      state: this.state,
      baseOffset: this.baseOffset,
      nextOffset: this.nextOffset,
      firstIndex: this.firstIndex,
      lastIndex: this.lastIndex,
      bytes: this.rows.frameBytes,
      firstTimestamp: this.firstTimestamp,
      lastTimestamp: this.lastTimestamp,
    };
  }
}
