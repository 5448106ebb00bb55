import { crc32 } from "node:zlib";
import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import type { TermRun } from "../../raft/types.ts";
import { BLOCK_BYTES } from "./segment-digest.ts";
import { readU64, writeU64 } from "./u64.ts";

/**
 * End of a sealed `.log` file, after its last frame. A function of the frames alone, so sealed
 * files are byte-identical on all nodes.
 *
 * ```
 *   0 magic "BALSAEND"  |   8 version u32   | 12 blockBytes u32
 *  16 baseOffset u64    |  24 nextOffset u64
 *  32 firstIndex u64    |  40 lastIndex u64
 *  48 firstTerm u64     |  56 lastTerm u64
 *  64 firstTimestamp u64|  72 lastTimestamp u64
 *  80 prevTerm u64      |  88 prevChain u32 | 92 lastChain u32
 *  96 frameBytes u64    | 104 runs u32 | 108 nonData u32 | 112 blocks u32 | 116 reserved u32
 * 120 sha256 of the frames, 32 bytes
 * 152 runs × {term u64, count u64}
 *     nonData × {index u32 (minus firstIndex), position u32}
 *     blocks × {crc u32}
 *     length u32 (of all of this) | crc u32 (of all before it) | magic "BALSAEND"
 * ```
 */
export const FOOTER_VERSION = 1;
/** Length, checksum and magic: the last bytes of a sealed file. */
export const FOOTER_TRAILER_BYTES = 16;
const FIXED_BYTES = 152;
const SHA_AT = 120;
const MAGIC = Buffer.from("BALSAEND");

/** Where an entry that is not `data` lies; listed so that start need not look for them. */
export interface NonDataEntry {
  readonly index: LogIndex;
  readonly position: number;
}

export interface Footer {
  readonly baseOffset: Offset;
  readonly nextOffset: Offset;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly firstTerm: Term;
  readonly lastTerm: Term;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  readonly prevTerm: Term;
  readonly prevChain: number;
  readonly lastChain: number;
  /** Length of all frames: the footer begins there. */
  readonly frameBytes: number;
  readonly runs: readonly TermRun[];
  readonly nonData: readonly NonDataEntry[];
  /** CRC-32 of each block of {@link BLOCK_BYTES} frame bytes; the last one is shorter. */
  readonly blockCrcs: readonly number[];
  readonly sha256: Uint8Array;
}

const U64_FIELDS = [
  [16, "baseOffset"],
  [24, "nextOffset"],
  [32, "firstIndex"],
  [40, "lastIndex"],
  [48, "firstTerm"],
  [56, "lastTerm"],
  [64, "firstTimestamp"],
  [72, "lastTimestamp"],
  [80, "prevTerm"],
  [96, "frameBytes"],
] as const;

export function encodeFooter(footer: Footer): Uint8Array {
  const { runs, nonData, blockCrcs } = footer;
  const length =
    FIXED_BYTES +
    16 * runs.length +
    8 * nonData.length +
    4 * blockCrcs.length +
    FOOTER_TRAILER_BYTES;
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(8, FOOTER_VERSION, true);
  view.setUint32(12, BLOCK_BYTES, true);
  for (const [at, field] of U64_FIELDS) writeU64(view, at, footer[field]);
  view.setUint32(88, footer.prevChain, true);
  view.setUint32(92, footer.lastChain, true);
  view.setUint32(104, runs.length, true);
  view.setUint32(108, nonData.length, true);
  view.setUint32(112, blockCrcs.length, true);
  bytes.set(footer.sha256, SHA_AT);
  let at = FIXED_BYTES;
  for (const { term, count } of runs) {
    writeU64(view, at, term);
    writeU64(view, at + 8, count);
    at += 16;
  }
  for (const { index, position } of nonData) {
    view.setUint32(at, index - footer.firstIndex, true);
    view.setUint32(at + 4, position, true);
    at += 8;
  }
  for (const crc of blockCrcs) {
    view.setUint32(at, crc, true);
    at += 4;
  }
  view.setUint32(at, length, true);
  view.setUint32(at + 4, crc32(bytes.subarray(0, at + 4)), true);
  bytes.set(MAGIC, at + 8);
  return bytes;
}

/** Length of the footer that ends with `trailer`; absent when the bytes do not end a footer. */
export function footerLength(trailer: Uint8Array): number | undefined {
  if (trailer.length !== FOOTER_TRAILER_BYTES) return undefined;
  if (MAGIC.compare(trailer, 8, FOOTER_TRAILER_BYTES) !== 0) return undefined;
  const length = viewOf(trailer).getUint32(0, true);
  return length < FIXED_BYTES + FOOTER_TRAILER_BYTES ? undefined : length;
}

/** `damaged`: not a footer, or its checksum is wrong. `version`: written by another version. */
export type FooterFault = "damaged" | "version";

/** Reads exactly one footer, checked by its own sum. */
export function decodeFooter(bytes: Uint8Array): Footer | FooterFault {
  const trailerAt = bytes.length - FOOTER_TRAILER_BYTES;
  if (trailerAt < FIXED_BYTES || MAGIC.compare(bytes, 0, 8) !== 0) return "damaged";
  if (footerLength(bytes.subarray(trailerAt)) !== bytes.length) return "damaged";
  const view = viewOf(bytes);
  const crc = crc32(bytes.subarray(0, trailerAt + 4));
  if (view.getUint32(trailerAt + 4, true) !== crc) return "damaged";
  if (view.getUint32(8, true) !== FOOTER_VERSION) return "version";
  if (view.getUint32(12, true) !== BLOCK_BYTES) return "version";
  const runs = view.getUint32(104, true);
  const nonData = view.getUint32(108, true);
  const blocks = view.getUint32(112, true);
  if (FIXED_BYTES + 16 * runs + 8 * nonData + 4 * blocks !== trailerAt) return "damaged";
  return readFields(bytes, view, runs, nonData, blocks);
}

function readFields(
  bytes: Uint8Array,
  view: DataView,
  runs: number,
  nonData: number,
  blocks: number,
): Footer {
  const firstIndex = readU64(view, 32) as LogIndex;
  const nonDataAt = FIXED_BYTES + 16 * runs;
  const blocksAt = nonDataAt + 8 * nonData;
  return {
    baseOffset: readU64(view, 16) as Offset,
    nextOffset: readU64(view, 24) as Offset,
    firstIndex,
    lastIndex: readU64(view, 40) as LogIndex,
    firstTerm: readU64(view, 48) as Term,
    lastTerm: readU64(view, 56) as Term,
    firstTimestamp: readU64(view, 64),
    lastTimestamp: readU64(view, 72),
    prevTerm: readU64(view, 80) as Term,
    prevChain: view.getUint32(88, true),
    lastChain: view.getUint32(92, true),
    frameBytes: readU64(view, 96),
    runs: Array.from({ length: runs }, (_, at) => ({
      term: readU64(view, FIXED_BYTES + 16 * at) as Term,
      count: readU64(view, FIXED_BYTES + 16 * at + 8),
    })),
    nonData: Array.from({ length: nonData }, (_, at) => ({
      index: (firstIndex + view.getUint32(nonDataAt + 8 * at, true)) as LogIndex,
      position: view.getUint32(nonDataAt + 8 * at + 4, true),
    })),
    blockCrcs: Array.from({ length: blocks }, (_, at) => view.getUint32(blocksAt + 4 * at, true)),
    sha256: bytes.slice(SHA_AT, SHA_AT + 32),
  };
}
