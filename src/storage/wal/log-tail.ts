import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import type { FrameHeader } from "../../common/frame.ts";
import type { LogStart } from "../snapshots/types.ts";
import type { LogTail, RollSettings } from "../types.ts";
import type { SegmentStart } from "./index-header.ts";

/** Where a log begins that has never had an entry. */
export function logOrigin(chainSeed: number): LogStart {
  return {
    last: { index: 0 as LogIndex, term: 0 as Term },
    nextOffset: 0 as Offset,
    chain: chainSeed,
    timestamp: 0,
  };
}

/** The tail of a log that has never had an entry. */
export function emptyTail(chainSeed: number): LogTail {
  return tailBehind(logOrigin(chainSeed));
}

/** The tail of a log that holds nothing behind `start`. Its first entry always starts a segment. */
export function tailBehind(start: LogStart): LogTail {
  return {
    ...start,
    segmentFirstIndex: 0 as LogIndex,
    segmentBytes: 0,
    segmentFirstTimestamp: 0,
    rollRequested: false,
  };
}

/** Where the segment begins that comes first behind `start`. */
export function startBehind({ last, nextOffset, chain }: LogStart): SegmentStart {
  return {
    baseOffset: nextOffset,
    firstIndex: (last.index + 1) as LogIndex,
    prevTerm: last.term,
    prevChain: chain,
  };
}

/**
 * Whether the leader starts a new segment with an entry of `frameBytes` stamped at `timestamp`.
 * Only the stamping leader asks; followers obey the frame's `segmentFirstIndex`.
 */
export function startsSegment(
  tail: LogTail,
  settings: RollSettings,
  frameBytes: number,
  timestamp: number,
): boolean {
  if (tail.segmentBytes === 0 || tail.rollRequested) return true;
  if (tail.segmentBytes + frameBytes > settings.segmentBytes) return true;
  if (settings.segmentMs === undefined) return false;
  return timestamp - tail.segmentFirstTimestamp >= settings.segmentMs;
}

/** The tail after the entry of `header`. `rollRequested`: the entry is `control: roll`. */
export function nextTail(
  tail: LogTail,
  header: FrameHeader,
  frameBytes: number,
  rollRequested: boolean,
): LogTail {
  const starts = header.segmentFirstIndex === header.index;
  return {
    last: { index: header.index, term: header.term },
    nextOffset: (header.baseOffset + header.recordCount) as Offset,
    chain: header.chain,
    timestamp: header.timestamp,
    segmentFirstIndex: header.segmentFirstIndex,
    segmentBytes: starts ? frameBytes : tail.segmentBytes + frameBytes,
    segmentFirstTimestamp: starts ? header.timestamp : tail.segmentFirstTimestamp,
    rollRequested,
  };
}
