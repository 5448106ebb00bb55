import { crc32 } from "node:zlib";
import { viewOf } from "../../common/frame.ts";
import { readU64, writeU64 } from "../wal/u64.ts";

/**
 * The head of a compressed file: how large the plain one is, and where its blocks lie. It comes
 * before the blocks and again behind them (docs/compression.md).
 *
 * ```
 *  0 magic "BALSAZIP"   |  8 version u32 | 12 blockBytes u32
 * 16 logicalBytes u64   | 24 blocks u32  | 28 zero u32
 * 32 blocks × { storedBytes u32, crc u32 }
 *    crc u32 of all before it
 * ```
 */
export const COMPRESSION_VERSION = 1;
export const HEAD_FIXED_BYTES = 32;
/** Behind the second head: headBytes u32, crc u32 of it, magic. */
export const TRAILER_BYTES = 16;
/** Of the plain file in each block but the last. */
export const DEFAULT_BLOCK_BYTES = 1 << 16;
const MAX_BLOCK_BYTES = 1 << 20;
const MAGIC = Buffer.from("BALSAZIP");
const PLACE_BYTES = 8;

/** One block as it is stored. */
export interface BlockPlace {
  readonly storedBytes: number;
  /** Of the stored bytes. */
  readonly crc: number;
}

export interface Head {
  readonly blockBytes: number;
  /** Size of the plain file. */
  readonly logicalBytes: number;
  readonly blocks: readonly BlockPlace[];
}

export function headBytesFor(blocks: number): number {
  return HEAD_FIXED_BYTES + PLACE_BYTES * blocks + 4;
}

/** Bytes of the plain file in block `at`. */
export function logicalBytesOf({ blockBytes, logicalBytes }: Head, at: number): number {
  return Math.min(blockBytes, logicalBytes - at * blockBytes);
}

export function encodeHead({ blockBytes, logicalBytes, blocks }: Head): Uint8Array {
  const bytes = new Uint8Array(headBytesFor(blocks.length));
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(8, COMPRESSION_VERSION, true);
  view.setUint32(12, blockBytes, true);
  writeU64(view, 16, logicalBytes);
  view.setUint32(24, blocks.length, true);
  for (const [at, { storedBytes, crc }] of blocks.entries()) {
    view.setUint32(HEAD_FIXED_BYTES + PLACE_BYTES * at, storedBytes, true);
    view.setUint32(HEAD_FIXED_BYTES + PLACE_BYTES * at + 4, crc, true);
  }
  const crcAt = bytes.length - 4;
  view.setUint32(crcAt, crc32(bytes.subarray(0, crcAt)), true);
  return bytes;
}

/** How long a head is that begins with `fixed`, if it is to be believed; absent when none does. */
export function headLength(fixed: Uint8Array): number | undefined {
  if (fixed.length < HEAD_FIXED_BYTES || MAGIC.compare(fixed, 0, 8) !== 0) return undefined;
  return headBytesFor(viewOf(fixed).getUint32(24, true));
}

/** Reads a head whole; `version`: another program's. */
export function decodeHead(bytes: Uint8Array): Head | "damaged" | "version" {
  if (headLength(bytes) !== bytes.length) return "damaged";
  const view = viewOf(bytes);
  const crcAt = bytes.length - 4;
  if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(0, crcAt))) return "damaged";
  if (view.getUint32(8, true) !== COMPRESSION_VERSION) return "version";
  const blocks: BlockPlace[] = [];
  for (let at = HEAD_FIXED_BYTES; at < crcAt; at += PLACE_BYTES)
    blocks.push({ storedBytes: view.getUint32(at, true), crc: view.getUint32(at + 4, true) });
  const head = {
    blockBytes: view.getUint32(12, true),
    logicalBytes: readU64(view, 16),
    blocks,
  };
  return isSound(head) ? head : "damaged";
}

function isSound(head: Head): boolean {
  const { blockBytes, logicalBytes, blocks } = head;
  if (blockBytes < 1 || blockBytes > MAX_BLOCK_BYTES) return false;
  if (blocks.length !== Math.ceil(logicalBytes / blockBytes)) return false;
  return blocks.every(({ storedBytes }, at) => storedBytes <= logicalBytesOf(head, at));
}

export function encodeTrailer(headBytes: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, headBytes, true);
  view.setUint32(4, crc32(bytes.subarray(0, 4)), true);
  bytes.set(MAGIC, 8);
  return bytes;
}

/** Length of the head before it; absent when it is not intact. */
export function decodeTrailer(bytes: Uint8Array): number | undefined {
  if (bytes.length !== TRAILER_BYTES || MAGIC.compare(bytes, 8) !== 0) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(4, true) !== crc32(bytes.subarray(0, 4))) return undefined;
  return view.getUint32(0, true);
}

/** Size of the whole file. */
export function storedFileBytes({ blocks }: Head): number {
  let sum = 2 * headBytesFor(blocks.length) + TRAILER_BYTES;
  for (const { storedBytes } of blocks) sum += storedBytes;
  return sum;
}
