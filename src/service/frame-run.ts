import type { Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { decodeHeader, FRAME_HEADER_BYTES } from "../common/frame.ts";
import type { ReadAnswer } from "../runtime/node-api.ts";

/** The frames of an answer in one piece of memory; no copy when they already are. */
export function frameBytes({ run }: ReadAnswer): Uint8Array {
  const [only] = run.chunks;
  return run.chunks.length === 1 && only !== undefined ? only : Buffer.concat(run.chunks);
}

const PAYLOAD_LENGTH_AT = 4;

/**
 * Offset after the last record of `bytes`, whole frames in order. Hops from length to length and
 * checks only the last header: what the disk gave was verified there, and the reader verifies all.
 */
export function offsetAfterFrames(bytes: Uint8Array): Offset {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let last = 0;
  for (let at = 0; at + FRAME_HEADER_BYTES <= bytes.length; ) {
    last = at;
    at += FRAME_HEADER_BYTES + view.getUint32(at + PAYLOAD_LENGTH_AT, true);
  }
  const header = decodeHeader(bytes, last);
  if (typeof header === "string")
    throw new LogError("CORRUPT", `bad frame at byte ${last} of what was read (${header})`);
  return (header.baseOffset + header.recordCount) as Offset;
}
