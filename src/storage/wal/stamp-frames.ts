import type { LogIndex, Term } from "../../common/brand.ts";
import {
  encodeFrameInto,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameStamp,
  viewOf,
} from "../../common/frame.ts";
import { FrameBlock } from "../../common/frame-block.ts";
import type { LogTail, RollSettings, StampInput } from "../types.ts";
import { startsSegment } from "./log-tail.ts";
import { isRollRequest } from "./roll-request.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Turns what the leader accepted into the frames that follow `tail`: numbers, segment, sums and
 * chain. Timestamps are `nowWallMs`, or the tail's where that is later: they never go backwards.
 * One allocation a group: one write, one message, no further copies.
 */
export function stampBlock(
  tail: LogTail,
  settings: RollSettings,
  term: Term,
  nowWallMs: number,
  inputs: readonly StampInput[],
): FrameBlock {
  let byteLength = 0;
  for (const { payload } of inputs) byteLength += FRAME_HEADER_BYTES + payload.length;
  const bytes = Buffer.allocUnsafe(byteLength);
  const view = viewOf(bytes);
  const starts: number[] = [];
  const end: Writable<LogTail> = { ...tail };
  const stamp = firstStamp(tail, term, Math.max(tail.timestamp, nowWallMs));
  let at = 0;
  for (const { type, payload, recordCount, producer } of inputs) {
    const length = FRAME_HEADER_BYTES + payload.length;
    if (startsSegment(end, settings, length, stamp.timestamp)) {
      stamp.segmentFirstIndex = stamp.index;
      end.segmentBytes = 0;
      end.segmentFirstTimestamp = stamp.timestamp;
    }
    stamp.type = type;
    stamp.recordCount = recordCount;
    stamp.producer = producer;
    end.chain = encodeFrameInto(bytes, view, at, stamp, payload, end.chain);
    end.segmentBytes += length;
    end.rollRequested = isRollRequest(type, payload);
    starts.push(at);
    at += length;
    stamp.index = (stamp.index + 1) as LogIndex;
    stamp.baseOffset = (stamp.baseOffset + recordCount) as typeof stamp.baseOffset;
  }
  return new FrameBlock(bytes, starts, view);
}

/** The same as objects. */
export function stampFrames(...stamped: Parameters<typeof stampBlock>): Frame[] {
  return stampBlock(...stamped).frames();
}

/** One object for the whole group: what differs between its entries is set for each. */
function firstStamp(tail: LogTail, term: Term, timestamp: number): Writable<FrameStamp> {
  return {
    type: "data",
    index: (tail.last.index + 1) as LogIndex,
    term,
    baseOffset: tail.nextOffset,
    segmentFirstIndex: tail.segmentFirstIndex,
    timestamp,
    recordCount: 0,
    producer: undefined,
  };
}
