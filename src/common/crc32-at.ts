import { crc32 } from "node:zlib";
import { crc32Short } from "./crc32-short.ts";

/** Above this the native sum is faster than ours, its call included (measured: 200 to 300). */
const SHORT_BYTES = 256;

/** CRC-32 of `length` bytes at `at`: the same sum as `zlib.crc32`, whatever the length. */
export function crc32At(view: DataView, at: number, length: number): number {
  if (length <= SHORT_BYTES) return crc32Short(view, at, length, 0);
  // Cheaper than `subarray`, which asks for the species of its own constructor.
  return crc32(new Uint8Array(view.buffer, view.byteOffset + at, length));
}
