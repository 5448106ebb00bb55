import {
  decodeFrame,
  decodeHeader,
  FRAME_HEADER_BYTES,
  FRAME_VERSION,
  type FrameFault,
  type FrameHeader,
  viewOf,
} from "../../../common/frame.ts";
import { MAX_BATCH_BYTES } from "../../../common/limits.ts";
import type { File } from "../../file-system.ts";
import { FAULT_WORDS } from "../damage.ts";
import type { OpenSegment } from "../open-segment.ts";

const WINDOW_BYTES = 1 << 20;

/** Why no further frame follows the last good one. */
export interface ScanEnd {
  readonly fault: FrameFault | "misplaced" | "end";
  /** In words, for the report. */
  readonly what: string;
}

/**
 * Reads the frames of `file` into `segment` (rows and digest) from its beginning up to the first
 * byte that is not the next frame.
 */
export async function scanFrames(
  file: File,
  fileBytes: number,
  segment: OpenSegment,
): Promise<ScanEnd> {
  const { rows } = segment;
  let window = WINDOW_BYTES;
  while (rows.frameBytes < fileBytes) {
    const from = rows.frameBytes;
    const bytes = Buffer.allocUnsafe(Math.min(window, fileBytes - from));
    const filled = await file.read(bytes, from);
    const fault = takeFrames(bytes.subarray(0, filled), segment);
    const taken = rows.frameBytes - from;
    segment.digest?.update(bytes.subarray(0, taken));
    if (fault === "misplaced") return { fault, what: "another entry's frame lies there" };
    if (fault !== undefined && fault !== "cut") return { fault, what: FAULT_WORDS[fault] };
    if (taken > 0) continue;
    if (from + filled >= fileBytes || window > WINDOW_BYTES)
      return { fault: "cut", what: FAULT_WORDS.cut };
    window = FRAME_HEADER_BYTES + MAX_BATCH_BYTES;
  }
  return { fault: "end", what: "the file ends before it" };
}

function takeFrames(bytes: Uint8Array, segment: OpenSegment): FrameFault | "misplaced" | undefined {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; ) {
    const frame = decodeFrame(bytes, at, segment.lastChain, view);
    if (typeof frame === "string") {
      // A chain that does not fit is told apart from a frame of another place by its numbers.
      if (frame !== "chain") return frame;
      const header = decodeHeader(bytes, at, view);
      return typeof header === "string" || isNext(header, segment) ? frame : "misplaced";
    }
    if (!isNext(frame.header, segment)) return "misplaced";
    segment.append(frame);
    at += frame.bytes.length;
  }
  return undefined;
}

function isNext(header: FrameHeader, { rows, firstIndex }: OpenSegment): boolean {
  return (
    header.index === rows.lastIndex + 1 &&
    header.segmentFirstIndex === firstIndex &&
    header.baseOffset === rows.nextOffset
  );
}

/**
 * Looks for a frame of the segment at or after byte `from`, at any position.
 * @returns where it lies.
 */
export async function findFrame(
  file: File,
  fileBytes: number,
  from: number,
  segment: OpenSegment,
): Promise<number | undefined> {
  const window = WINDOW_BYTES + FRAME_HEADER_BYTES;
  for (let at = from; at + FRAME_HEADER_BYTES <= fileBytes; at += WINDOW_BYTES) {
    const bytes = Buffer.allocUnsafe(Math.min(window, fileBytes - at));
    const filled = await file.read(bytes, at);
    const found = findHeader(bytes.subarray(0, filled), segment);
    if (found !== undefined) return at + found;
  }
  return undefined;
}

function findHeader(bytes: Uint8Array, segment: OpenSegment): number | undefined {
  const view = viewOf(bytes);
  const firstLow = segment.firstIndex % 0x1_0000_0000;
  for (let at = 0; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
    // Two words that rarely fit by chance, before a checksum is spent on them.
    if (bytes[at] !== FRAME_VERSION || view.getUint32(at + 32, true) !== firstLow) continue;
    const header = decodeHeader(bytes, at, view);
    if (typeof header === "string" || header.segmentFirstIndex !== segment.firstIndex) continue;
    if (header.index > segment.lastIndex) return at;
  }
  return undefined;
}
