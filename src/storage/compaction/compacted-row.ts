import type { Offset } from "../../common/brand.ts";
import { crc32Short } from "../../common/crc32-short.ts";
import { readU64, writeU64 } from "../wal/u64.ts";

/**
 * The way to a frame of a compacted file; every {@link ROW_INTERVAL_BYTES} of frames have one.
 *
 * ```
 *  0 offset u64 (the frame's first) |  8 timestamp u64
 * 16 position u32 | 20 chain u32 (before the frame) | 24 number u32 (of the row: 0, 1, 2 …)
 * 28 crc u32 (of bytes 0 to 27)
 * ```
 */
export const COMPACTED_ROW_BYTES = 32;
/** A lookup reads a row's worth of frames at most before the one it wants. */
export const ROW_INTERVAL_BYTES = 16 << 10;

const CRC_AT = 28;

export interface CompactedRow {
  readonly offset: Offset;
  readonly timestamp: number;
  readonly position: number;
  /** Chain of the frame before. */
  readonly prevChain: number;
}

export function writeCompactedRow(
  view: DataView,
  at: number,
  number: number,
  row: CompactedRow,
): void {
  writeU64(view, at, row.offset);
  writeU64(view, at + 8, row.timestamp);
  view.setUint32(at + 16, row.position, true);
  view.setUint32(at + 20, row.prevChain, true);
  view.setUint32(at + 24, number, true);
  view.setUint32(at + CRC_AT, crc32Short(view, at, CRC_AT, 0), true);
}

/** Reads row `number`; absent when the bytes are not that row. */
export function readCompactedRow(
  view: DataView,
  at: number,
  number: number,
): CompactedRow | undefined {
  if (view.getUint32(at + CRC_AT, true) !== crc32Short(view, at, CRC_AT, 0)) return undefined;
  if (view.getUint32(at + 24, true) !== number) return undefined;
  return {
    offset: readU64(view, at) as Offset,
    timestamp: readU64(view, at + 8),
    position: view.getUint32(at + 16, true),
    prevChain: view.getUint32(at + 20, true),
  };
}
