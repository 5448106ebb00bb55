import { LogError } from "../../common/errors.ts";
import {
  checkFrame,
  type Frame,
  headerBaseOffsetAt,
  headerChainAt,
  headerIndexAt,
  headerRecordCountAt,
  headerSegmentAt,
  headerTermAt,
  headerTimestampAt,
  isDataAt,
  viewOf,
} from "../../common/frame.ts";
import { FrameBlock } from "../../common/frame-block.ts";

/**
 * The frames in `bytes`, verified: sums, chain from `prevChain` on, dense indexes and offsets,
 * terms and timestamps that do not fall, segments that start where they say.
 * @throws LogError CORRUPT when the bytes are not consecutive frames.
 */
export function parseBlock(bytes: Uint8Array, prevChain: number): FrameBlock {
  const view = viewOf(bytes);
  const starts: number[] = [];
  let chain = prevChain;
  let previous = -1;
  for (let at = 0; at < bytes.length; ) {
    const length = checkFrame(view, at, chain);
    if (typeof length === "string")
      throw new LogError("CORRUPT", `byte ${at} of received frames: ${FAULTS[length]}`);
    if (previous >= 0 && !follows(view, at, previous))
      throw new LogError(
        "CORRUPT",
        `entry ${headerIndexAt(view, at)} does not follow the one before`,
      );
    chain = headerChainAt(view, at);
    previous = at;
    starts.push(at);
    at += length;
  }
  return new FrameBlock(bytes, starts, view);
}

/** The same as objects, from frames in any number of chunks. */
export function parseFrames(chunks: readonly Uint8Array[], prevChain: number): readonly Frame[] {
  return parseBlock(Buffer.concat(chunks), prevChain).frames();
}

const FAULTS = {
  cut: "the frame is cut off",
  header: "the header's checksum or a field in it is wrong",
  payload: "the payload's checksum is wrong",
  chain: "the frame does not continue the chain of the entry before",
  version: "the frame has an unknown version",
} as const;

/** I1, I2 and what else holds between two neighbours of one log. */
function follows(view: DataView, at: number, previous: number): boolean {
  const index = headerIndexAt(view, at);
  const segment = headerSegmentAt(view, at);
  const offsetAfter = headerBaseOffsetAt(view, previous) + headerRecordCountAt(view, previous);
  return (
    index === headerIndexAt(view, previous) + 1 &&
    headerTermAt(view, at) >= headerTermAt(view, previous) &&
    headerBaseOffsetAt(view, at) === offsetAfter &&
    headerTimestampAt(view, at) >= headerTimestampAt(view, previous) &&
    (segment === index || segment === headerSegmentAt(view, previous)) &&
    (isDataAt(view, at) || headerRecordCountAt(view, at) === 0)
  );
}
