import { assert } from "../../common/assert.ts";
import { chainFollowsAt } from "../../common/frame.ts";
import type { FrameBlock } from "../../common/frame-block.ts";
import type { LogTail } from "../types.ts";

/** What is appended continues the log: index, offset, chain, terms and times. */
export function assertFollows(tail: LogTail, frames: FrameBlock): void {
  const { last, nextOffset, chain, timestamp, segmentFirstIndex } = tail;
  let { index, term }: { index: number; term: number } = last;
  let offset: number = nextOffset;
  let time = timestamp;
  let segment: number = segmentFirstIndex;
  assert(chainFollowsAt(frames.view, 0, chain), "frames continue the tail's chain");
  for (let at = 0; at < frames.count; at++) {
    const recordCount = frames.recordCount(at);
    const ofSegment = frames.segmentFirstIndex(at);
    assert(frames.index(at) === index + 1, "indexes have no gaps (I1)");
    assert(frames.baseOffset(at) === offset, "offsets have no gaps (I2)");
    assert(frames.term(at) >= term && frames.timestamp(at) >= time, "terms and times never fall");
    assert(frames.isData(at) === recordCount > 0, "only data has records (I3)");
    if (ofSegment !== segment)
      assert(ofSegment === index + 1, "an entry continues or starts a segment");
    index++;
    term = frames.term(at);
    offset += recordCount;
    time = frames.timestamp(at);
    segment = ofSegment;
  }
}
