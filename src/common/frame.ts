import type { LogIndex, Offset, Term } from "./brand.ts";
import { crc32At } from "./crc32-at.ts";
import { crc32Short } from "./crc32-short.ts";
import { MAX_BATCH_BYTES } from "./limits.ts";

/**
 * An entry as bytes: an 88-byte header, then the payload. The same bytes lie on disk, travel in
 * AppendEntries and reach clients that tail raw frames. Little endian.
 *
 * ```
 *  0 version u8 | 1 type u8 | 2 flags u16 | 4 payloadLength u32
 *  8 index u64                | 16 term u64
 * 24 baseOffset u64           | 32 segmentFirstIndex u64
 * 40 timestamp u64 (ms)       | 48 recordCount u32 | 52 producerEpoch u32
 * 56 producerId u64           | 64 producerSequence u64
 * 72 chain u32 | 76 payloadCrc u32 | 80 headerCrc u32 | 84 reserved u32 (zero)
 * 88 payload …
 * ```
 *
 * `headerCrc` covers bytes 0 to 79. `chain` is the CRC-32 of bytes 0 to 71 and 76 to 79, seeded
 * with the previous entry's chain: equal chains mean equal histories.
 */
export const FRAME_HEADER_BYTES = 88;
export const FRAME_VERSION = 1;

const CHAIN_AT = 72;
const PAYLOAD_CRC_AT = 76;
const HEADER_CRC_AT = 80;
const RESERVED_AT = 84;
const TWO_32 = 0x1_0000_0000;

export const ENTRY_TYPES = ["data", "noop", "config", "control"] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];
const DATA_TYPE = ENTRY_TYPES.indexOf("data") + 1;

/** Who produced a batch, and the sequence of its first record. */
export interface ProducerStamp {
  readonly id: number;
  readonly epoch: number;
  readonly sequence: number;
}

export interface FrameHeader {
  readonly type: EntryType;
  readonly flags: number;
  readonly payloadLength: number;
  readonly index: LogIndex;
  readonly term: Term;
  /** Offset of the first record; of the next record to come, where there is none. */
  readonly baseOffset: Offset;
  /** Index of the first entry of the segment that this one belongs to, as its leader decided. */
  readonly segmentFirstIndex: LogIndex;
  readonly timestamp: number;
  readonly recordCount: number;
  /** Absent on entries that no client produced (id 0 in the bytes). */
  readonly producer: ProducerStamp | undefined;
  readonly chain: number;
  readonly payloadCrc: number;
}

/** A verified header with the bytes it came from (header and payload). */
export interface Frame {
  readonly header: FrameHeader;
  readonly bytes: Uint8Array;
}

/**
 * Flag: compaction made the frame from surviving neighbours of one entry. It has the entry's index,
 * an offset and a count of its own, and a chain that runs within its file, not through the log.
 */
export const COMPACTED_FLAG = 1;

/** What the stamping leader chooses; sums and chain are computed here. Flags: none if absent. */
export type FrameStamp = Omit<FrameHeader, "payloadLength" | "chain" | "payloadCrc" | "flags"> & {
  readonly flags?: number;
};

export function frameLength(header: FrameHeader): number {
  return FRAME_HEADER_BYTES + header.payloadLength;
}

export function payloadOf(frame: Frame): Uint8Array {
  return frame.bytes.subarray(FRAME_HEADER_BYTES);
}

function writeU64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setUint32(at, value - high * TWO_32, true);
  view.setUint32(at + 4, high, true);
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}

/** A view of `bytes` for {@link decodeHeader} and {@link checkFrame}: made once for many frames. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function chainOf(view: DataView, at: number, previousChain: number): number {
  const head = crc32Short(view, at, CHAIN_AT, previousChain);
  return crc32Short(view, at + PAYLOAD_CRC_AT, HEADER_CRC_AT - PAYLOAD_CRC_AT, head);
}

/**
 * Encodes an entry at `at`, where `into`, which `view` shows, has room for header and payload.
 * @returns its chain.
 */
export function encodeFrameInto(
  into: Uint8Array,
  view: DataView,
  at: number,
  stamp: FrameStamp,
  payload: Uint8Array,
  previousChain: number,
): number {
  const { producer } = stamp;
  view.setUint8(at, FRAME_VERSION);
  view.setUint8(at + 1, ENTRY_TYPES.indexOf(stamp.type) + 1);
  view.setUint16(at + 2, stamp.flags ?? 0, true);
  view.setUint32(at + 4, payload.length, true);
  writeU64(view, at + 8, stamp.index);
  writeU64(view, at + 16, stamp.term);
  writeU64(view, at + 24, stamp.baseOffset);
  writeU64(view, at + 32, stamp.segmentFirstIndex);
  writeU64(view, at + 40, stamp.timestamp);
  view.setUint32(at + 48, stamp.recordCount, true);
  view.setUint32(at + 52, producer === undefined ? 0 : producer.epoch, true);
  writeU64(view, at + 56, producer === undefined ? 0 : producer.id);
  writeU64(view, at + 64, producer === undefined ? 0 : producer.sequence);
  into.set(payload, at + FRAME_HEADER_BYTES);
  const payloadCrc = crc32At(view, at + FRAME_HEADER_BYTES, payload.length);
  view.setUint32(at + PAYLOAD_CRC_AT, payloadCrc, true);
  const chain = chainOf(view, at, previousChain);
  view.setUint32(at + CHAIN_AT, chain, true);
  view.setUint32(at + HEADER_CRC_AT, crc32Short(view, at, HEADER_CRC_AT, 0), true);
  view.setUint32(at + RESERVED_AT, 0, true);
  return chain;
}

/** Encodes an entry; one allocation, one copy of the payload. */
export function encodeFrame(stamp: FrameStamp, payload: Uint8Array, previousChain: number): Frame {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  const view = viewOf(bytes);
  encodeFrameInto(bytes, view, 0, stamp, payload, previousChain);
  return { header: readHeader(view, 0), bytes };
}

/** Why bytes are not the frame they should be. `cut`: they end before the frame does. */
export type FrameFault = "cut" | "header" | "payload" | "chain" | "version";

/** Every u64 of a header must be a safe integer: its upper word stays below 2^21. */
function hasSafeIntegers(view: DataView, at: number): boolean {
  const highs =
    view.getUint32(at + 12, true) |
    view.getUint32(at + 20, true) |
    view.getUint32(at + 28, true) |
    view.getUint32(at + 36, true) |
    view.getUint32(at + 44, true) |
    view.getUint32(at + 60, true) |
    view.getUint32(at + 68, true);
  return highs >>> 21 === 0;
}

function headerFault(view: DataView, at: number): FrameFault | undefined {
  if (view.byteLength - at < FRAME_HEADER_BYTES) return "cut";
  if (view.getUint32(at + HEADER_CRC_AT, true) !== crc32Short(view, at, HEADER_CRC_AT, 0))
    return "header";
  if (view.getUint8(at) !== FRAME_VERSION) return "version";
  const type = view.getUint8(at + 1);
  if (type < 1 || type > ENTRY_TYPES.length) return "header";
  if (view.getUint32(at + 4, true) > MAX_BATCH_BYTES) return "header";
  if (view.getUint32(at + RESERVED_AT, true) !== 0) return "header";
  return hasSafeIntegers(view, at) ? undefined : "header";
}

/** Reads the header at `at`, checked by its own sum only. */
export function decodeHeader(
  bytes: Uint8Array,
  at: number,
  view: DataView = viewOf(bytes),
): FrameHeader | FrameFault {
  return headerFault(view, at) ?? readHeader(view, at);
}

/** Reads a header that was checked before. */
function readHeader(view: DataView, at: number): FrameHeader {
  const producerId = readU64(view, at + 56);
  return {
    type: ENTRY_TYPES[view.getUint8(at + 1) - 1] ?? "data",
    flags: view.getUint16(at + 2, true),
    payloadLength: view.getUint32(at + 4, true),
    index: readU64(view, at + 8) as LogIndex,
    term: readU64(view, at + 16) as Term,
    baseOffset: readU64(view, at + 24) as Offset,
    segmentFirstIndex: readU64(view, at + 32) as LogIndex,
    timestamp: readU64(view, at + 40),
    recordCount: view.getUint32(at + 48, true),
    producer:
      producerId === 0
        ? undefined
        : {
            id: producerId,
            epoch: view.getUint32(at + 52, true),
            sequence: readU64(view, at + 64),
          },
    chain: view.getUint32(at + CHAIN_AT, true),
    payloadCrc: view.getUint32(at + PAYLOAD_CRC_AT, true),
  };
}

/**
 * Verifies the frame at `at` as {@link decodeFrame} does, without making anything of it.
 * @returns its length in bytes.
 */
export function checkFrame(
  view: DataView,
  at: number,
  previousChain: number | undefined,
): number | FrameFault {
  const fault = headerFault(view, at);
  if (fault !== undefined) return fault;
  const payloadLength = view.getUint32(at + 4, true);
  const length = FRAME_HEADER_BYTES + payloadLength;
  if (at + length > view.byteLength) return "cut";
  const payloadCrc = crc32At(view, at + FRAME_HEADER_BYTES, payloadLength);
  if (payloadCrc !== view.getUint32(at + PAYLOAD_CRC_AT, true)) return "payload";
  if (
    previousChain !== undefined &&
    chainOf(view, at, previousChain) !== view.getUint32(at + CHAIN_AT, true)
  )
    return "chain";
  return length;
}

/** Reads a frame that was checked before, or encoded here. */
export function frameAt(bytes: Uint8Array, view: DataView, at: number): Frame {
  return { header: readHeader(view, at), bytes: bytes.subarray(at, at + frameLengthAt(view, at)) };
}

/** One field each of the header at `at`, which was checked before. */
export function headerIndexAt(view: DataView, at: number): LogIndex {
  return readU64(view, at + 8) as LogIndex;
}

export function headerTermAt(view: DataView, at: number): Term {
  return readU64(view, at + 16) as Term;
}

export function headerBaseOffsetAt(view: DataView, at: number): Offset {
  return readU64(view, at + 24) as Offset;
}

export function headerSegmentAt(view: DataView, at: number): LogIndex {
  return readU64(view, at + 32) as LogIndex;
}

export function headerTimestampAt(view: DataView, at: number): number {
  return readU64(view, at + 40);
}

export function headerRecordCountAt(view: DataView, at: number): number {
  return view.getUint32(at + 48, true);
}

/** Whether the entry holds records. */
export function isDataAt(view: DataView, at: number): boolean {
  return view.getUint8(at + 1) === DATA_TYPE;
}

export function headerChainAt(view: DataView, at: number): number {
  return view.getUint32(at + CHAIN_AT, true);
}

export function frameLengthAt(view: DataView, at: number): number {
  return FRAME_HEADER_BYTES + view.getUint32(at + 4, true);
}

/** Whether the chain of the frame at `at` is what it says, given the chain before it. */
export function chainFollowsAt(view: DataView, at: number, previousChain: number): boolean {
  return chainOf(view, at, previousChain) === headerChainAt(view, at);
}

/** Whether `header` is what its own chain value says, given the chain before it. */
export function chainFollows(frame: Frame, previousChain: number): boolean {
  return chainOf(viewOf(frame.bytes), 0, previousChain) === frame.header.chain;
}

/** Reads and verifies the frame at `at`: header, payload and, given the previous one, chain. */
export function decodeFrame(
  bytes: Uint8Array,
  at: number,
  previousChain: number | undefined,
  view: DataView = viewOf(bytes),
): Frame | FrameFault {
  const length = checkFrame(view, at, previousChain);
  if (typeof length === "string") return length;
  return frameAt(bytes, view, at);
}
