import { inflateBlock } from "./block.ts";
import { decodeHead, headLength, logicalBytesOf } from "./head.ts";

/**
 * The plain file's bytes, given those of a whole file, compressed or not: for whoever has files in
 * memory. Damaged blocks are zeros; a first head that is damaged leaves the bytes as they are.
 */
export function plainBytes(file: Uint8Array): Uint8Array {
  const head = decodeHead(file.subarray(0, headLength(file) ?? 0));
  if (typeof head === "string") return file;
  const plain = new Uint8Array(head.logicalBytes);
  let position = headLength(file) ?? 0;
  for (const [at, place] of head.blocks.entries()) {
    const stored = file.subarray(position, position + place.storedBytes);
    const block = inflateBlock(stored, place, logicalBytesOf(head, at));
    if (block !== undefined) plain.set(block, at * head.blockBytes);
    position += place.storedBytes;
  }
  return plain;
}
