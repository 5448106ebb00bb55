import { LogError } from "../../common/errors.ts";
import { decodeFrame, type Frame, type FrameHeader, viewOf } from "../../common/frame.ts";

/**
 * The frames in `chunks`, verified: sums, chain from `prevChain` on, dense indexes and offsets,
 * terms and timestamps that do not fall, segments that start where they say.
 * @throws LogError CORRUPT when the bytes are not consecutive frames.
 */
export function parseFrames(chunks: readonly Uint8Array[], prevChain: number): readonly Frame[] {
  const frames: Frame[] = [];
  let chain = prevChain;
  let previous: FrameHeader | undefined;
  for (const bytes of chunks) {
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; ) {
      const frame = decodeFrame(bytes, at, chain, view);
      if (typeof frame === "string")
        throw new LogError("CORRUPT", `byte ${at} of received frames: ${FAULTS[frame]}`);
      if (previous !== undefined && !follows(frame.header, previous))
        throw new LogError("CORRUPT", `entry ${frame.header.index} does not follow the one before`);
      previous = frame.header;
      chain = frame.header.chain;
      frames.push(frame);
      at += frame.bytes.length;
    }
  }
  return frames;
}

const FAULTS = {
  cut: "the frame is cut off",
  header: "the header's checksum or a field in it is wrong",
  payload: "the payload's checksum is wrong",
  chain: "the frame does not continue the chain of the entry before",
  version: "the frame has an unknown version",
} as const;

/** I1, I2 and what else holds between two neighbours of one log. */
export function follows(header: FrameHeader, previous: FrameHeader): boolean {
  const { index, term, baseOffset, segmentFirstIndex, timestamp } = header;
  return (
    index === previous.index + 1 &&
    term >= previous.term &&
    baseOffset === previous.baseOffset + previous.recordCount &&
    timestamp >= previous.timestamp &&
    (segmentFirstIndex === index || segmentFirstIndex === previous.segmentFirstIndex) &&
    (header.type === "data" || header.recordCount === 0)
  );
}
