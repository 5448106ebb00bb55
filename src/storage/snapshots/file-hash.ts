import type { Hash } from "node:crypto";
import { assert } from "../../common/assert.ts";
import type { File } from "../file-system.ts";

const PIECE_BYTES = 1 << 20;

/** Feeds `length` bytes from `position` on to `hash`; false when the file ends before. */
export async function hashOfFile(
  file: File,
  position: number,
  length: number,
  hash: Hash,
): Promise<boolean> {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, length));
  for (let at = 0; at < length; at += piece.length) {
    const wanted = piece.subarray(0, Math.min(piece.length, length - at));
    if ((await file.read(wanted, position + at)) < wanted.length) return false;
    hash.update(wanted);
  }
  return true;
}

/** Bytes that must be there. */
export async function readExactly(
  file: File,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const filled = await file.read(bytes, position);
  assert(filled === length, `${file.path} ends before ${position + length}`);
  return bytes;
}
