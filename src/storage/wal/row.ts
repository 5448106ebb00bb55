import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import { crc32Short } from "../../common/crc32-short.ts";
import {
  frameLengthAt,
  headerBaseOffsetAt,
  headerChainAt,
  headerIndexAt,
  headerRecordCountAt,
  headerTermAt,
  headerTimestampAt,
} from "../../common/frame.ts";
import { INDEX_HEADER_BYTES, ROW_BYTES, type SegmentStart } from "./index-header.ts";
import { readU64, writeU64 } from "./u64.ts";

/**
 * One entry's row: proof that its frame was durable, and the way to find it.
 *
 * ```
 *  0 index u32 (minus the segment's first index) | 4 position u32 | 8 length u32 | 12 chain u32
 * 16 offset u40 (minus the segment's base offset) | 21 recordCount u24 | 24 term u64
 * 32 timestamp u64 | 40 commitLag i32 (index minus known commit) | 44 crc u32
 * ```
 *
 * `crc` covers bytes 0 to 43 and is seeded with the checksum of the file's header. The known commit
 * is what the node knew when the row was written, at most the last entry synced then; it is the
 * one field that may differ between nodes.
 */
const POSITION_AT = 4;
const LENGTH_AT = 8;
const CHAIN_AT = 12;
const OFFSET_AT = 16;
const RECORD_COUNT_AT = 21;
const TERM_AT = 24;
const TIMESTAMP_AT = 32;
const COMMIT_LAG_AT = 40;
const CRC_AT = 44;
const MAX_LAG = 0x7fff_ffff;

export interface Row {
  readonly index: LogIndex;
  /** Of the frame in the `.log` file. */
  readonly position: number;
  /** Header and payload. */
  readonly length: number;
  /** Base offset of the entry. */
  readonly offset: Offset;
  readonly recordCount: number;
  readonly term: Term;
  readonly timestamp: number;
  readonly chain: number;
}

/** Where the row of `index` lies in its file. */
export function rowPosition(start: SegmentStart, index: number): number {
  return INDEX_HEADER_BYTES + (index - start.firstIndex) * ROW_BYTES;
}

/** Writes everything but known commit and checksum; {@link signRow} adds them. */
export function writeRow(view: DataView, at: number, start: SegmentStart, row: Row): void {
  view.setUint32(at, row.index - start.firstIndex, true);
  view.setUint32(at + POSITION_AT, row.position, true);
  view.setUint32(at + LENGTH_AT, row.length, true);
  view.setUint32(at + CHAIN_AT, row.chain, true);
  writeU64(view, at + OFFSET_AT, row.offset - start.baseOffset);
  view.setUint16(at + RECORD_COUNT_AT, row.recordCount & 0xffff, true);
  view.setUint8(at + RECORD_COUNT_AT + 2, row.recordCount >>> 16);
  writeU64(view, at + TERM_AT, row.term);
  writeU64(view, at + TIMESTAMP_AT, row.timestamp);
}

/** Writes the row of the frame at `from` in `frames`, whose header was checked before. */
export function writeRowOf(
  view: DataView,
  at: number,
  start: SegmentStart,
  frames: DataView,
  from: number,
  position: number,
): void {
  const offset = headerBaseOffsetAt(frames, from) - start.baseOffset;
  const recordCount = headerRecordCountAt(frames, from);
  view.setUint32(at, headerIndexAt(frames, from) - start.firstIndex, true);
  view.setUint32(at + POSITION_AT, position, true);
  view.setUint32(at + LENGTH_AT, frameLengthAt(frames, from), true);
  view.setUint32(at + CHAIN_AT, headerChainAt(frames, from), true);
  writeU64(view, at + OFFSET_AT, offset);
  view.setUint16(at + RECORD_COUNT_AT, recordCount & 0xffff, true);
  view.setUint8(at + RECORD_COUNT_AT + 2, recordCount >>> 16);
  writeU64(view, at + TERM_AT, headerTermAt(frames, from));
  writeU64(view, at + TIMESTAMP_AT, headerTimestampAt(frames, from));
}

/** `commitLag` = the row's index minus the known commit; negative when that is ahead of it. */
export function signRow(view: DataView, at: number, commitLag: number, seed: number): void {
  view.setInt32(at + COMMIT_LAG_AT, Math.max(-MAX_LAG, Math.min(MAX_LAG, commitLag)), true);
  view.setUint32(at + CRC_AT, rowCrc(view, at, seed), true);
}

export function isRowIntact(view: DataView, at: number, seed: number): boolean {
  return view.getUint32(at + CRC_AT, true) === rowCrc(view, at, seed);
}

function rowCrc(view: DataView, at: number, seed: number): number {
  return crc32Short(view, at, CRC_AT, seed);
}

export function readRow(view: DataView, at: number, start: SegmentStart): Row {
  return {
    index: (start.firstIndex + view.getUint32(at, true)) as LogIndex,
    position: rowFramePosition(view, at),
    length: rowFrameLength(view, at),
    offset: rowOffset(view, at, start),
    recordCount: rowRecordCount(view, at),
    term: rowTerm(view, at),
    timestamp: rowTimestamp(view, at),
    chain: rowChain(view, at),
  };
}

export function rowRelativeIndex(view: DataView, at: number): number {
  return view.getUint32(at, true);
}

export function rowFramePosition(view: DataView, at: number): number {
  return view.getUint32(at + POSITION_AT, true);
}

export function rowFrameLength(view: DataView, at: number): number {
  return view.getUint32(at + LENGTH_AT, true);
}

export function rowChain(view: DataView, at: number): number {
  return view.getUint32(at + CHAIN_AT, true);
}

export function rowOffset(view: DataView, at: number, start: SegmentStart): Offset {
  const low = view.getUint32(at + OFFSET_AT, true);
  return (start.baseOffset + low + view.getUint8(at + OFFSET_AT + 4) * 2 ** 32) as Offset;
}

function rowRecordCount(view: DataView, at: number): number {
  const low = view.getUint16(at + RECORD_COUNT_AT, true);
  return low + view.getUint8(at + RECORD_COUNT_AT + 2) * 2 ** 16;
}

export function rowTerm(view: DataView, at: number): Term {
  return readU64(view, at + TERM_AT) as Term;
}

export function rowTimestamp(view: DataView, at: number): number {
  return readU64(view, at + TIMESTAMP_AT);
}

/** Commit index that the node knew when it wrote the row. */
export function rowKnownCommit(view: DataView, at: number, start: SegmentStart): number {
  return start.firstIndex + view.getUint32(at, true) - view.getInt32(at + COMMIT_LAG_AT, true);
}
