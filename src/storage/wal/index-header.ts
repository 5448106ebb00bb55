import { crc32 } from "node:zlib";
import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import { readU64, writeU64 } from "./u64.ts";

/**
 * Start of an `.index` file, written and synced before the manifest names its segment.
 *
 * ```
 *  0 magic "BALSAIDX" | 8 version u32 | 12 rowBytes u32
 * 16 baseOffset u64   | 24 firstIndex u64
 * 32 prevTerm u64     | 40 prevChain u32
 * 44 crc u32 (of bytes 0 to 43)
 * ```
 */
export const INDEX_HEADER_BYTES = 48;
export const INDEX_VERSION = 1;
export const ROW_BYTES = 48;

const MAGIC = Buffer.from("BALSAIDX");
const VERSION_AT = 8;
const ROW_BYTES_AT = 12;
const CRC_AT = 44;

/** Where a segment begins, and what lies before it. */
export interface SegmentStart {
  readonly baseOffset: Offset;
  readonly firstIndex: LogIndex;
  /** Term and chain of the entry before the first: 0 and the chain seed before entry 1. */
  readonly prevTerm: Term;
  readonly prevChain: number;
}

/** A header as read; `crc` also seeds its rows' checksums, so that rows never change files. */
export interface IndexHeader extends SegmentStart {
  readonly crc: number;
}

export function encodeIndexHeader(start: SegmentStart): Uint8Array {
  const bytes = new Uint8Array(INDEX_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(VERSION_AT, INDEX_VERSION, true);
  view.setUint32(ROW_BYTES_AT, ROW_BYTES, true);
  writeU64(view, 16, start.baseOffset);
  writeU64(view, 24, start.firstIndex);
  writeU64(view, 32, start.prevTerm);
  view.setUint32(40, start.prevChain, true);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

/** The checksum of the header that `start` gives: the seed of its rows' checksums. */
export function rowSeed(start: SegmentStart): number {
  return viewOf(encodeIndexHeader(start)).getUint32(CRC_AT, true);
}

/** `cut`: too short. `damaged`: the checksum is wrong. `version`: written by another version. */
export type IndexHeaderFault = "cut" | "damaged" | "version";

export function decodeIndexHeader(bytes: Uint8Array): IndexHeader | IndexHeaderFault {
  if (bytes.length < INDEX_HEADER_BYTES) return "cut";
  const view = viewOf(bytes);
  const crc = view.getUint32(CRC_AT, true);
  if (crc !== crc32(bytes.subarray(0, CRC_AT))) return "damaged";
  if (MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return "damaged";
  if (view.getUint32(VERSION_AT, true) !== INDEX_VERSION) return "version";
  if (view.getUint32(ROW_BYTES_AT, true) !== ROW_BYTES) return "version";
  return {
    baseOffset: readU64(view, 16) as Offset,
    firstIndex: readU64(view, 24) as LogIndex,
    prevTerm: readU64(view, 32) as Term,
    prevChain: view.getUint32(40, true),
    crc,
  };
}
