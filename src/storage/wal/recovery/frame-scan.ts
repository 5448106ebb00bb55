import { decodeHeader, FRAME_HEADER_BYTES, FRAME_VERSION, viewOf } from "../../../common/frame.ts";
import type { File } from "../../file-system.ts";

const WINDOW_BYTES = 1 << 20;

/** The frame that is looked for: of this segment, of this entry or a later one. */
export interface Wanted {
  readonly segmentFirstIndex: number;
  readonly index: number;
}

/**
 * Looks for a frame of the segment at or after byte `from`, at any position.
 * @returns where it lies.
 */
export async function findFrame(
  file: File,
  fileBytes: number,
  from: number,
  wanted: Wanted,
): Promise<number | undefined> {
  const window = WINDOW_BYTES + FRAME_HEADER_BYTES;
  for (let at = from; at + FRAME_HEADER_BYTES <= fileBytes; at += WINDOW_BYTES) {
    const bytes = Buffer.allocUnsafe(Math.min(window, fileBytes - at));
    const filled = await file.read(bytes, at);
    const found = findHeader(bytes.subarray(0, filled), wanted);
    if (found !== undefined) return at + found;
  }
  return undefined;
}

function findHeader(bytes: Uint8Array, wanted: Wanted): number | undefined {
  const view = viewOf(bytes);
  const firstLow = wanted.segmentFirstIndex % 0x1_0000_0000;
  for (let at = 0; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
    // Two words that rarely fit by chance, before a checksum is spent on them.
    if (bytes[at] !== FRAME_VERSION || view.getUint32(at + 32, true) !== firstLow) continue;
    const header = decodeHeader(bytes, at, view);
    if (typeof header === "string") continue;
    if (header.segmentFirstIndex !== wanted.segmentFirstIndex) continue;
    if (header.index >= wanted.index) return at;
  }
  return undefined;
}
