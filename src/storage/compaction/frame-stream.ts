import {
  checkFrame,
  FRAME_HEADER_BYTES,
  frameLengthAt,
  headerChainAt,
  viewOf,
} from "../../common/frame.ts";
import { MAX_BATCH_BYTES } from "../../common/limits.ts";
import type { File } from "../file-system.ts";
import { FAULT_WORDS } from "../wal/damage.ts";
import { FileDamage } from "./file-damage.ts";

/** Bytes read at once. */
const READ_BYTES = 1 << 20;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_BATCH_BYTES;

/** Where frames lie in a file, and what they continue. */
export interface FrameExtent {
  readonly position: number;
  /** End of the frames. */
  readonly end: number;
  readonly prevChain: number;
  /** Of the last frame; absent: not checked. */
  readonly lastChain: number | undefined;
}

/** Frames that were verified: sums and chain. */
export interface FrameChunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Of the chunk's first byte in the file. */
  readonly position: number;
  /** Where its frames begin. */
  readonly frames: readonly number[];
}

/**
 * Reads frames in pieces of about a MiB, each frame verified before it is handed out.
 * @throws FileDamage naming the first byte of the frame that is not what it should be
 */
export async function* streamFrames(file: File, extent: FrameExtent): AsyncGenerator<FrameChunk> {
  const { end, lastChain } = extent;
  let { position, prevChain: chain } = extent;
  let wanted = READ_BYTES;
  while (position < end) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(wanted, end - position));
    const filled = await file.read(bytes, position);
    if (filled < bytes.length)
      throw new FileDamage(file.path, position + filled, "the file ends too early");
    const view = viewOf(bytes);
    const frames: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = checkFrame(view, at, chain);
      if (typeof length === "number") {
        frames.push(at);
        chain = headerChainAt(view, at);
        at += length;
        continue;
      }
      if (length === "cut" && position + bytes.length < end) break;
      throw new FileDamage(file.path, position + at, FAULT_WORDS[length]);
    }
    wanted = frames.length > 0 ? READ_BYTES : largerThan(file, view, position, wanted);
    if (frames.length > 0) yield { bytes: bytes.subarray(0, at), view, position, frames };
    position += at;
  }
  if (lastChain !== undefined && chain !== lastChain)
    throw new FileDamage(file.path, extent.position, "the frames are not those that the end names");
}

/** Not one frame was whole: its header, intact, tells how much to read. */
function largerThan(file: File, view: DataView, position: number, read: number): number {
  const length = view.byteLength < FRAME_HEADER_BYTES ? read + 1 : frameLengthAt(view, 0);
  if (length <= read || length > MAX_FRAME_BYTES)
    throw new FileDamage(file.path, position, FAULT_WORDS.header);
  return length;
}
