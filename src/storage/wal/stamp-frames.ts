import type { LogIndex, Term } from "../../common/brand.ts";
import {
  encodeFrameInto,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameStamp,
  viewOf,
} from "../../common/frame.ts";
import type { LogTail, RollSettings, StampInput } from "../types.ts";
import { nextTail, startsSegment } from "./log-tail.ts";
import { isRollRequest } from "./roll-request.ts";

/** Frames of one group share an allocation up to this size: one write, one message, no copies. */
const SLAB_BYTES = 1 << 20;

/**
 * Turns what the leader accepted into the frames that follow `tail`: numbers, segment, sums and
 * chain. Timestamps are `nowWallMs`, or the tail's where that is later: they never go backwards.
 */
export function stampFrames(
  tail: LogTail,
  settings: RollSettings,
  term: Term,
  nowWallMs: number,
  inputs: readonly StampInput[],
): Frame[] {
  const frames: Frame[] = [];
  const timestamp = Math.max(tail.timestamp, nowWallMs);
  let end = tail;
  let slab = new Uint8Array(0);
  let view = viewOf(slab);
  let at = 0;
  for (const [position, input] of inputs.entries()) {
    const length = FRAME_HEADER_BYTES + input.payload.length;
    if (at + length > slab.length) {
      slab = Buffer.allocUnsafe(slabBytes(inputs, position));
      view = viewOf(slab);
      at = 0;
    }
    const stamp = stampOf(end, settings, term, timestamp, input);
    const header = encodeFrameInto(slab, view, at, stamp, input.payload, end.chain);
    frames.push({ header, bytes: slab.subarray(at, at + length) });
    at += length;
    end = nextTail(end, header, length, isRollRequest(input.type, input.payload));
  }
  return frames;
}

function stampOf(
  tail: LogTail,
  settings: RollSettings,
  term: Term,
  timestamp: number,
  input: StampInput,
): FrameStamp {
  const index = (tail.last.index + 1) as LogIndex;
  const bytes = FRAME_HEADER_BYTES + input.payload.length;
  const starts = startsSegment(tail, settings, bytes, timestamp);
  return {
    type: input.type,
    index,
    term,
    baseOffset: tail.nextOffset,
    segmentFirstIndex: starts ? index : tail.segmentFirstIndex,
    timestamp,
    recordCount: input.recordCount,
    producer: input.producer,
  };
}

function slabBytes(inputs: readonly StampInput[], from: number): number {
  let bytes = 0;
  for (let at = from; at < inputs.length; at++) {
    const length = FRAME_HEADER_BYTES + (inputs[at]?.payload.length ?? 0);
    if (bytes > 0 && bytes + length > SLAB_BYTES) break;
    bytes += length;
  }
  return bytes;
}
