import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import { type FrameHeader, frameLength, viewOf } from "../../common/frame.ts";
import type { FrameBlock } from "../../common/frame-block.ts";
import { ROW_BYTES, rowSeed, type SegmentStart } from "./index-header.ts";
import * as row from "./row.ts";

/** Rows of one piece of the table. It grows by pieces: doubling would copy megabytes. */
const PAGE_ROWS = 1024;

/**
 * The rows of a segment that is not sealed, in memory, in the bytes of the `.index` file: an entry
 * costs 48 bytes and no object. Lies in pages of {@link PAGE_ROWS} rows.
 */
export class RowTable {
  readonly start: SegmentStart;
  readonly #seed: number;
  readonly #pages: DataView[] = [];
  #count = 0;
  #frameBytes = 0;
  #nextOffset: Offset;

  constructor(start: SegmentStart) {
    this.start = start;
    this.#seed = rowSeed(start);
    this.#nextOffset = start.baseOffset;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of all frames: the position of the next one. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  get lastIndex(): LogIndex {
    return (this.start.firstIndex + this.#count - 1) as LogIndex;
  }

  append(header: FrameHeader): void {
    const { index, term, timestamp, chain, baseOffset: offset, recordCount } = header;
    const length = frameLength(header);
    const position = this.#frameBytes;
    this.appendRow({ index, position, length, offset, recordCount, term, timestamp, chain });
  }

  /** Adds the frames from..to-1 of `frames`, which must follow the last one. */
  appendBlock(frames: FrameBlock, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const page = this.#newest();
      const start = frames.start(at);
      row.writeRowOf(page, rowAt(this.#count), this.start, frames.view, start, this.#frameBytes);
      this.#count++;
      this.#frameBytes += frames.length(at);
    }
    if (to > from)
      this.#nextOffset = (frames.baseOffset(to - 1) + frames.recordCount(to - 1)) as Offset;
  }

  /** Adds an entry of which only the row is known; it must follow the last one. */
  appendRow(next: row.Row): void {
    row.writeRow(this.#newest(), rowAt(this.#count), this.start, next);
    this.#count++;
    this.#frameBytes += next.length;
    this.#nextOffset = (next.offset + next.recordCount) as Offset;
  }

  /** Forgets the rows from `index` on. */
  cut(index: LogIndex): void {
    const keep = Math.max(0, index - this.start.firstIndex);
    if (keep >= this.#count) return;
    this.#nextOffset = this.offset(index);
    this.#frameBytes = this.position(index);
    this.#count = keep;
  }

  /** A copy of the rows first..last as they go to disk. */
  encode(first: LogIndex, last: LogIndex, knownCommit: number): Uint8Array {
    const bytes = Buffer.allocUnsafe((last - first + 1) * ROW_BYTES);
    const view = viewOf(bytes);
    for (let index: number = first; index <= last; ) {
      const page = this.#page(index as LogIndex);
      const from = rowAt(index - this.start.firstIndex);
      const length = Math.min(page.byteLength - from, (last - index + 1) * ROW_BYTES);
      const at = (index - first) * ROW_BYTES;
      bytes.set(new Uint8Array(page.buffer, page.byteOffset + from, length), at);
      index += length / ROW_BYTES;
    }
    for (let index: number = first; index <= last; index++)
      row.signRow(view, (index - first) * ROW_BYTES, index - knownCommit, this.#seed);
    return bytes;
  }

  position(index: LogIndex): number {
    return row.rowFramePosition(this.#page(index), this.#at(index));
  }

  length(index: LogIndex): number {
    return row.rowFrameLength(this.#page(index), this.#at(index));
  }

  offset(index: LogIndex): Offset {
    return row.rowOffset(this.#page(index), this.#at(index), this.start);
  }

  /** Offset after the records of the entry at `index`. */
  offsetAfter(index: LogIndex): Offset {
    return index === this.lastIndex ? this.#nextOffset : this.offset((index + 1) as LogIndex);
  }

  term(index: LogIndex): Term {
    return row.rowTerm(this.#page(index), this.#at(index));
  }

  timestamp(index: LogIndex): number {
    return row.rowTimestamp(this.#page(index), this.#at(index));
  }

  chain(index: LogIndex): number {
    return row.rowChain(this.#page(index), this.#at(index));
  }

  row(index: LogIndex): row.Row {
    return row.readRow(this.#page(index), this.#at(index), this.start);
  }

  /** The page of the row of `index`, where it lies at {@link #at}. */
  #page(index: LogIndex): DataView {
    const at = index - this.start.firstIndex;
    assert(at >= 0 && at < this.#count, "a row is asked of the segment that holds it");
    const page = this.#pages[Math.floor(at / PAGE_ROWS)];
    assert(page !== undefined, "there is a page for every row");
    return page;
  }

  #at(index: LogIndex): number {
    return rowAt(index - this.start.firstIndex);
  }

  /** The page of the next row. */
  #newest(): DataView {
    const at = Math.floor(this.#count / PAGE_ROWS);
    return (this.#pages[at] ??= viewOf(new Uint8Array(PAGE_ROWS * ROW_BYTES)));
  }
}

/** Where a row, counted from the segment's first, lies in its page. */
function rowAt(count: number): number {
  return (count % PAGE_ROWS) * ROW_BYTES;
}
