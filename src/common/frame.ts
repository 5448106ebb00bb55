import { crc32 } from "node:zlib";
import type { LogIndex, Offset, Term } from "./brand.ts";
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

/** What the stamping leader chooses; sums and chain are computed here. */
export type FrameStamp = Omit<FrameHeader, "payloadLength" | "chain" | "payloadCrc" | "flags">;

export function frameLength(header: FrameHeader): number {
  return FRAME_HEADER_BYTES + header.payloadLength;
}

export function payloadOf(frame: Frame): Uint8Array {
  return frame.bytes.subarray(FRAME_HEADER_BYTES);
}

function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}

function chainOf(bytes: Uint8Array, at: number, previousChain: number): number {
  const head = crc32(bytes.subarray(at, at + CHAIN_AT), previousChain);
  return crc32(bytes.subarray(at + PAYLOAD_CRC_AT, at + HEADER_CRC_AT), head);
}

/** Encodes an entry; one allocation, one copy of the payload. */
export function encodeFrame(stamp: FrameStamp, payload: Uint8Array, previousChain: number): Frame {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const payloadCrc = crc32(payload);
  view.setUint8(0, FRAME_VERSION);
  view.setUint8(1, ENTRY_TYPES.indexOf(stamp.type) + 1);
  view.setUint16(2, 0, true);
  view.setUint32(4, payload.length, true);
  writeU64(view, 8, stamp.index);
  writeU64(view, 16, stamp.term);
  writeU64(view, 24, stamp.baseOffset);
  writeU64(view, 32, stamp.segmentFirstIndex);
  writeU64(view, 40, stamp.timestamp);
  view.setUint32(48, stamp.recordCount, true);
  view.setUint32(52, stamp.producer?.epoch ?? 0, true);
  writeU64(view, 56, stamp.producer?.id ?? 0);
  writeU64(view, 64, stamp.producer?.sequence ?? 0);
  view.setUint32(PAYLOAD_CRC_AT, payloadCrc, true);
  const chain = chainOf(bytes, 0, previousChain);
  view.setUint32(CHAIN_AT, chain, true);
  view.setUint32(HEADER_CRC_AT, crc32(bytes.subarray(0, HEADER_CRC_AT)), true);
  view.setUint32(RESERVED_AT, 0, true);
  bytes.set(payload, FRAME_HEADER_BYTES);
  const header = { ...stamp, flags: 0, payloadLength: payload.length, chain, payloadCrc };
  return { header, bytes };
}

/** Why bytes are not the frame they should be. `cut`: they end before the frame does. */
export type FrameFault = "cut" | "header" | "payload" | "chain" | "version";

/** Reads the header at `at`, checked by its own sum only. */
export function decodeHeader(bytes: Uint8Array, at: number): FrameHeader | FrameFault {
  if (bytes.length - at < FRAME_HEADER_BYTES) return "cut";
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
  if (view.getUint32(HEADER_CRC_AT, true) !== crc32(bytes.subarray(at, at + HEADER_CRC_AT)))
    return "header";
  if (view.getUint8(0) !== FRAME_VERSION) return "version";
  const type = ENTRY_TYPES[view.getUint8(1) - 1];
  const payloadLength = view.getUint32(4, true);
  const fields = [8, 16, 24, 32, 40, 56, 64].map((field) => readU64(view, field));
  if (type === undefined || payloadLength > MAX_BATCH_BYTES) return "header";
  if (view.getUint32(RESERVED_AT, true) !== 0 || !fields.every(Number.isSafeInteger))
    return "header";
  const producerId = readU64(view, 56);
  return {
    type,
    flags: view.getUint16(2, true),
    payloadLength,
    index: readU64(view, 8) as LogIndex,
    term: readU64(view, 16) as Term,
    baseOffset: readU64(view, 24) as Offset,
    segmentFirstIndex: readU64(view, 32) as LogIndex,
    timestamp: readU64(view, 40),
    recordCount: view.getUint32(48, true),
    producer:
      producerId === 0
        ? undefined
        : { id: producerId, epoch: view.getUint32(52, true), sequence: readU64(view, 64) },
    chain: view.getUint32(CHAIN_AT, true),
    payloadCrc: view.getUint32(PAYLOAD_CRC_AT, true),
  };
}

/** Reads and verifies the frame at `at`: header, payload and, given the previous chain, the chain. */
export function decodeFrame(
  bytes: Uint8Array,
  at: number,
  previousChain: number | undefined,
): Frame | FrameFault {
  const header = decodeHeader(bytes, at);
  if (typeof header === "string") return header;
  const end = at + frameLength(header);
  if (end > bytes.length) return "cut";
  if (crc32(bytes.subarray(at + FRAME_HEADER_BYTES, end)) !== header.payloadCrc) return "payload";
  if (previousChain !== undefined && chainOf(bytes, at, previousChain) !== header.chain)
    return "chain";
  return { header, bytes: bytes.subarray(at, end) };
}
