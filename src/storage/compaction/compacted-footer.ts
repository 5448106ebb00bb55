import { crc32 } from "node:zlib";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import { readU64, writeU64 } from "../wal/u64.ts";
import { COMPACTED_ROW_BYTES } from "./compacted-row.ts";

/**
 * End of a `.compacted` file, after its frames and rows.
 *
 * ```
 *  0 magic "BALSACPT"     |   8 version u32      | 12 rowBytes u32 (32)
 * 16 baseOffset u64       |  24 nextOffset u64     offsets that it stands for
 * 32 firstIndex u64       |  40 lastIndex u64      entries that it stands for
 * 48 firstTimestamp u64   |  56 lastTimestamp u64  of its first and last frame
 * 64 records u64          |  72 frameBytes u64
 * 80 rows u32             |  84 lastChain u32
 * 88 SHA-256 of frames and rows, 32 bytes
 * 120 crc u32 (of bytes 0 to 119) | 124 magic "BALSACPT"
 * ```
 */
export const COMPACTED_FOOTER_BYTES = 132;
export const COMPACTED_VERSION = 1;
const MAGIC = Buffer.from("BALSACPT");
const SHA_AT = 88;
const CRC_AT = 120;

export interface CompactedFooter {
  readonly baseOffset: Offset;
  readonly nextOffset: Offset;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  readonly records: number;
  readonly frameBytes: number;
  readonly rows: number;
  readonly lastChain: number;
  readonly sha256: Uint8Array;
}

/** Its numbers; a manifest repeats them for every file. */
export const FOOTER_COUNTS = [
  "baseOffset",
  "nextOffset",
  "firstIndex",
  "lastIndex",
  "firstTimestamp",
  "lastTimestamp",
  "records",
  "frameBytes",
  "rows",
  "lastChain",
] as const satisfies readonly (keyof CompactedFooter)[];

const U64_FIELDS = [
  [16, "baseOffset"],
  [24, "nextOffset"],
  [32, "firstIndex"],
  [40, "lastIndex"],
  [48, "firstTimestamp"],
  [56, "lastTimestamp"],
  [64, "records"],
  [72, "frameBytes"],
] as const;

export function encodeCompactedFooter(footer: CompactedFooter): Uint8Array {
  const bytes = new Uint8Array(COMPACTED_FOOTER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(8, COMPACTED_VERSION, true);
  view.setUint32(12, COMPACTED_ROW_BYTES, true);
  for (const [at, field] of U64_FIELDS) writeU64(view, at, footer[field]);
  view.setUint32(80, footer.rows, true);
  view.setUint32(84, footer.lastChain, true);
  bytes.set(footer.sha256, SHA_AT);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  bytes.set(MAGIC, CRC_AT + 4);
  return bytes;
}

/** Reads the footer of a file of `fileBytes`; `version`: another program's. */
export function decodeCompactedFooter(
  bytes: Uint8Array,
  fileBytes: number,
): CompactedFooter | "damaged" | "version" {
  if (bytes.length !== COMPACTED_FOOTER_BYTES || MAGIC.compare(bytes, 0, 8) !== 0) return "damaged";
  const view = viewOf(bytes);
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) return "damaged";
  if (MAGIC.compare(bytes, CRC_AT + 4) !== 0) return "damaged";
  if (view.getUint32(8, true) !== COMPACTED_VERSION) return "version";
  if (view.getUint32(12, true) !== COMPACTED_ROW_BYTES) return "version";
  const footer = {
    baseOffset: readU64(view, 16) as Offset,
    nextOffset: readU64(view, 24) as Offset,
    firstIndex: readU64(view, 32) as LogIndex,
    lastIndex: readU64(view, 40) as LogIndex,
    firstTimestamp: readU64(view, 48),
    lastTimestamp: readU64(view, 56),
    records: readU64(view, 64),
    frameBytes: readU64(view, 72),
    rows: view.getUint32(80, true),
    lastChain: view.getUint32(84, true),
    sha256: bytes.slice(SHA_AT, SHA_AT + 32),
  };
  const { frameBytes, rows } = footer;
  const whole = frameBytes + rows * COMPACTED_ROW_BYTES + COMPACTED_FOOTER_BYTES === fileBytes;
  return whole ? footer : "damaged";
}
