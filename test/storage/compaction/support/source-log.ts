import type { LogIndex, Offset, Term } from "../../../../src/common/brand.ts";
import { encodeFrame, type Frame } from "../../../../src/common/frame.ts";
import type { SimDisk } from "../../../../src/sim/disk/index.ts";
import type { SegmentStatus } from "../../../../src/storage/index.ts";
import { encodeFooter } from "../../../../src/storage/wal/footer.ts";
import { SegmentDigest } from "../../../../src/storage/wal/segment-digest.ts";
import { encodeRecordBatch } from "../../../../src/wire/record-batch.ts";

export const LOG = "data/log";
const TERM = 3 as Term;
const SEED_CHAIN = 77;

/** `value` absent: a tombstone; `key` absent: a record without one. */
export interface Write {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

export interface SourceRecord extends Write {
  readonly offset: number;
  readonly timestamp: number;
}

/** A log of sealed segments, made by hand, and a list of all its records. */
export class SourceLog {
  readonly records: SourceRecord[] = [];
  readonly segments: SegmentStatus[] = [];
  readonly #frames: Frame[] = [];
  #index = 0;
  #chain = SEED_CHAIN;
  #segmentChain = SEED_CHAIN;
  timestamp = 1000;

  get nextOffset(): number {
    return this.records.length;
  }

  get lastIndex(): LogIndex {
    return this.#index as LogIndex;
  }

  /** One entry: a batch of records, or a no-op when there are none. */
  entry(...writes: readonly Write[]): this {
    const first = this.#index + 1 - this.#frames.length;
    const records = writes.map(({ key, value }) => ({
      key: key === undefined ? undefined : Buffer.from(key),
      value: value === undefined ? undefined : Buffer.from(value),
      headers: [],
    }));
    const frame = encodeFrame(
      {
        type: writes.length === 0 ? "noop" : "data",
        index: ++this.#index as LogIndex,
        term: TERM,
        baseOffset: this.nextOffset as Offset,
        segmentFirstIndex: first as LogIndex,
        timestamp: this.timestamp,
        recordCount: writes.length,
        producer: { id: 9, epoch: 1, sequence: this.nextOffset },
      },
      encodeRecordBatch(records),
      this.#chain,
    );
    this.#chain = frame.header.chain;
    this.#frames.push(frame);
    for (const write of writes)
      this.records.push({ ...write, offset: this.nextOffset, timestamp: this.timestamp });
    return this;
  }

  /** Ends the segment; its file is put on `disk`. */
  seal(disk: SimDisk): SegmentStatus {
    const frames = this.#frames.splice(0);
    const first = (frames[0] as Frame).header;
    const last = (frames.at(-1) as Frame).header;
    const content = Buffer.concat(frames.map(({ bytes }) => bytes));
    const digest = new SegmentDigest();
    digest.update(content);
    const footer = encodeFooter({
      baseOffset: first.baseOffset,
      nextOffset: this.nextOffset as Offset,
      firstIndex: first.index,
      lastIndex: last.index,
      firstTerm: TERM,
      lastTerm: TERM,
      firstTimestamp: first.timestamp,
      lastTimestamp: last.timestamp,
      prevTerm: TERM,
      prevChain: this.#segmentChain,
      lastChain: this.#chain,
      frameBytes: content.length,
      runs: [{ term: TERM, count: frames.length }],
      nonData: [],
      ...digest.finish(),
    });
    this.#segmentChain = this.#chain;
    const file = `${String(first.baseOffset).padStart(20, "0")}-${first.index}.log`;
    disk.put(`${LOG}/${file}`, Buffer.concat([content, footer]));
    const segment: SegmentStatus = {
      file,
      state: "sealed",
      baseOffset: first.baseOffset,
      nextOffset: this.nextOffset as Offset,
      firstIndex: first.index,
      lastIndex: last.index,
      bytes: content.length + footer.length,
      firstTimestamp: first.timestamp,
      lastTimestamp: last.timestamp,
    };
    this.segments.push(segment);
    return segment;
  }
}
