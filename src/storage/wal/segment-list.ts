import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import type { OpenSegment } from "./open-segment.ts";
import type { SealedSegment } from "./sealed-segment.ts";

export type Segment = OpenSegment | SealedSegment;

/** A segment without footer. */
export interface Unsealed {
  readonly segment: OpenSegment;
  readonly next: Segment | undefined;
}

/** The log's segments, oldest first: sealed ones, then closed ones, then the active one. */
export class SegmentList {
  readonly #segments: Segment[];
  /** Without footer although a later segment has one. */
  #reopened: readonly OpenSegment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments];
    const lastSealed = segments.findLastIndex(({ sealed }) => sealed);
    this.#reopened = segments
      .slice(0, Math.max(0, lastSealed))
      .filter((segment): segment is OpenSegment => !segment.sealed);
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get first(): Segment | undefined {
    return this.#segments[0];
  }

  /** The segment that is written; absent before the first entry. */
  get active(): OpenSegment | undefined {
    const last = this.#segments.at(-1);
    assert(last?.sealed !== true, "the last segment of a log is never sealed");
    return last;
  }

  /** The log's first segment may exist, empty: a first entry that was lost is appended again. */
  isFirstOfEmpty(index: LogIndex): boolean {
    const { active } = this;
    return active?.firstIndex === index && active.rows.count === 0;
  }

  /** The sealed segment whose files are called so. */
  sealed(stem: string): SealedSegment | undefined {
    const found = this.#segments.find((segment) => segment.stem === stem);
    return found?.sealed === true ? found : undefined;
  }

  holds(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  /**
   * How many segments, from the oldest on, are immutable and end at or before `to`. One that has
   * lost its footer counts as well: a later one has proved that all of it was committed.
   */
  immutableUpTo(to: LogIndex): number {
    const immutable = this.#segments.findLastIndex(({ sealed }) => sealed) + 1;
    return Math.min(immutable, this.endingUpTo(to));
  }

  /** How many segments, from the oldest on, end at or before `to`. */
  endingUpTo(to: LogIndex): number {
    return this.#lastPosition(({ lastIndex }) => lastIndex <= to) + 1;
  }

  /** Removes the `count` oldest segments. */
  dropFront(count: number): readonly Segment[] {
    const gone = this.#segments.splice(0, count);
    this.#reopened = this.#reopened.filter((segment) => !gone.includes(segment));
    return gone;
  }

  push(segment: OpenSegment): void {
    this.#segments.push(segment);
  }

  /** Removes the newest segment. */
  pop(): void {
    this.#segments.pop();
  }

  replace(open: OpenSegment, sealed: SealedSegment): void {
    const at = this.#segments.indexOf(open);
    assert(at >= 0, "only a segment of the log can be sealed");
    this.#segments[at] = sealed;
    this.#reopened = this.#reopened.filter((segment) => segment !== open);
  }

  /** The segments without footer, oldest first, each with the one after it. */
  unsealed(): readonly Unsealed[] {
    // Sealing follows the order of the log, so they are few and at the end, but for those whose
    // footer was found damaged at start.
    let at = this.#segments.length;
    while (this.#segments[at - 1]?.sealed === false) at--;
    const found: Unsealed[] = this.#reopened.flatMap((segment) => {
      const position = this.#segments.indexOf(segment);
      return position < at ? [{ segment, next: this.#segments[position + 1] }] : [];
    });
    for (; at < this.#segments.length; at++) {
      const segment = this.#segments[at];
      if (segment?.sealed === false) found.push({ segment, next: this.#segments[at + 1] });
    }
    return found;
  }

  /** The segment that holds the entry at `index`. */
  holding(index: LogIndex): Segment {
    const segment = this.#last((candidate) => candidate.firstIndex <= index);
    assert(
      segment !== undefined && segment.lastIndex >= index,
      `entry ${index} is asked of a log that does not hold it`,
    );
    return segment;
  }

  /** The segment that holds the record at `offset`. */
  holdingOffset(offset: number): Segment | undefined {
    const segment = this.#last((candidate) => candidate.baseOffset <= offset);
    return segment !== undefined && segment.nextOffset > offset ? segment : undefined;
  }

  /** The first segment whose last entry was stamped at or after `timestamp`. */
  reaching(timestamp: number): Segment | undefined {
    const before = this.#lastPosition((candidate) => candidate.lastTimestamp < timestamp);
    return this.#segments[before + 1];
  }

  #last(holds: (segment: Segment) => boolean): Segment | undefined {
    return this.#segments[this.#lastPosition(holds)];
  }

  /** Position of the last segment for which `holds`, which is true for a prefix; or -1. */
  #lastPosition(holds: (segment: Segment) => boolean): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const segment = this.#segments[middle];
      if (segment !== undefined && holds(segment)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
