import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import type { BlockPlace } from "./head.ts";

/** What is stored of a block: deflated, or as it is where that is not smaller. */
export function deflateBlock(plain: Uint8Array): { readonly stored: Uint8Array } & BlockPlace {
  const deflated = deflateRawSync(plain);
  const stored = deflated.length < plain.length ? deflated : plain;
  return { stored, storedBytes: stored.length, crc: crc32(stored) };
}

/** The block as it was; absent when what is stored is not what was written. */
export function inflateBlock(
  stored: Uint8Array,
  { storedBytes, crc }: BlockPlace,
  logicalBytes: number,
): Uint8Array | undefined {
  if (stored.length !== storedBytes || crc32(stored) !== crc) return undefined;
  if (storedBytes === logicalBytes) return stored;
  try {
    const plain = inflateRawSync(stored, { maxOutputLength: logicalBytes });
    return plain.length === logicalBytes ? plain : undefined;
  } catch {
    // Not deflated, or longer than it may be.
    return undefined;
  }
}
