import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import { type FrameHeader, frameLength, viewOf } from "../../common/frame.ts";
import { ROW_BYTES, rowSeed, type SegmentStart } from "./index-header.ts";
import * as row from "./row.ts";

const FIRST_ROWS = 256;

/**
 * The rows of a segment that is not sealed, in memory, in the bytes of the `.index` file: an entry
 * costs 48 bytes and no object.
 */
export class RowTable {
  readonly start: SegmentStart;
  readonly #seed: number;
  #bytes = new Uint8Array(FIRST_ROWS * ROW_BYTES);
  #view = viewOf(this.#bytes);
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

  /** Adds an entry of which only the row is known; it must follow the last one. */
  appendRow(next: row.Row): void {
    if ((this.#count + 1) * ROW_BYTES > this.#bytes.length) this.#grow();
    row.writeRow(this.#view, this.#count * ROW_BYTES, this.start, next);
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
    const from = this.#at(first);
    const bytes = this.#bytes.slice(from, this.#at(last) + ROW_BYTES);
    const view = viewOf(bytes);
    for (let index: number = first; index <= last; index++)
      row.signRow(view, (index - first) * ROW_BYTES, index - knownCommit, this.#seed);
    return bytes;
  }

  position(index: LogIndex): number {
    return row.rowFramePosition(this.#view, this.#at(index));
  }

  length(index: LogIndex): number {
    return row.rowFrameLength(this.#view, this.#at(index));
  }

  offset(index: LogIndex): Offset {
    return row.rowOffset(this.#view, this.#at(index), this.start);
  }

  /** Offset after the records of the entry at `index`. */
  offsetAfter(index: LogIndex): Offset {
    return index === this.lastIndex ? this.#nextOffset : this.offset((index + 1) as LogIndex);
  }

  term(index: LogIndex): Term {
    return row.rowTerm(this.#view, this.#at(index));
  }

  timestamp(index: LogIndex): number {
    return row.rowTimestamp(this.#view, this.#at(index));
  }

  chain(index: LogIndex): number {
    return row.rowChain(this.#view, this.#at(index));
  }

  row(index: LogIndex): row.Row {
    return row.readRow(this.#view, this.#at(index), this.start);
  }

  #at(index: LogIndex): number {
    const at = index - this.start.firstIndex;
    assert(at >= 0 && at < this.#count, "a row is asked of the segment that holds it");
    return at * ROW_BYTES;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}
