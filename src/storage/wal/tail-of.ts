import type { LogTail } from "../types.ts";
import type { OpenSegment } from "./open-segment.ts";

/** What the next frame builds on, after the last entry of `segment`. */
export function tailOf(segment: OpenSegment): LogTail {
  const { rows, lastIndex } = segment;
  return {
    last: { index: lastIndex, term: rows.term(lastIndex) },
    nextOffset: rows.nextOffset,
    chain: segment.lastChain,
    timestamp: segment.lastTimestamp,
    segmentFirstIndex: segment.firstIndex,
    segmentBytes: rows.frameBytes,
    segmentFirstTimestamp: segment.firstTimestamp,
    rollRequested: segment.rollRequested,
  };
}
