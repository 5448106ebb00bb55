import { crc32 } from "node:zlib";
import { assert } from "../common/assert.ts";
import { isPlainObject } from "./json-fields.ts";

/**
 * One checksummed record as a file of fixed size, little endian.
 *
 * ```
 *  0 magic, 8 ASCII bytes
 *  8 format version u32 | 12 crc u32
 * 16 generation u64
 * 24 bodyLength u32     | 28 zero u32
 * 32 body: JSON, UTF-8
 *    zeros to the end of the file
 * ```
 *
 * `crc` is the CRC-32 of every other byte of the file, so no flipped bit goes unseen. Magic,
 * version and crc keep their places in all versions: a newer record is told from a damaged one.
 */
const VERSION_AT = 8;
const CRC_AT = 12;
const GENERATION_AT = 16;
const BODY_LENGTH_AT = 24;
const ZERO_AT = 28;
const BODY_AT = 32;

/** Bounds what a file that should be small may make us read. */
export const MAX_RECORD_FILE_BYTES = 64 << 10;

/** What distinguishes one kind of record from another. */
export interface RecordFormat<T> {
  /** `hard-state`: its files are `hard-state.0` and `hard-state.1`. */
  readonly name: string;
  readonly magic: string;
  readonly version: number;
  /** Size of each file; the body and 32 bytes fit into it. */
  readonly fileBytes: number;
  encode(value: T): Readonly<Record<string, unknown>>;
  /** Absent when the fields are not what they should be. */
  decode(body: Readonly<Record<string, unknown>>): T | undefined;
}

/** What one of the two files holds. Absent and damaged are different things. */
export type RecordFile<T> =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly byte: number; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "valid"; readonly generation: number; readonly value: T };

export function encodeRecord<T>(format: RecordFormat<T>, generation: number, value: T): Uint8Array {
  const body = Buffer.from(JSON.stringify(format.encode(value)));
  const room = format.fileBytes - BODY_AT;
  assert(body.length <= room, `a ${format.name} record of ${body.length} bytes, room for ${room}`);
  const bytes = Buffer.alloc(format.fileBytes);
  bytes.write(format.magic, 0, "latin1");
  bytes.writeUInt32LE(format.version, VERSION_AT);
  bytes.writeBigUInt64LE(BigInt(generation), GENERATION_AT);
  bytes.writeUInt32LE(body.length, BODY_LENGTH_AT);
  body.copy(bytes, BODY_AT);
  bytes.writeUInt32LE(crcOf(bytes), CRC_AT);
  return bytes;
}

export function decodeRecord<T>(format: RecordFormat<T>, bytes: Uint8Array): RecordFile<T> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < BODY_AT) return damaged(bytes.length, "the file ends before its header does");
  if (buffer.toString("latin1", 0, VERSION_AT) !== format.magic)
    return damaged(0, `it does not begin with ${format.magic}`);
  if (buffer.readUInt32LE(CRC_AT) !== crcOf(buffer))
    return damaged(CRC_AT, "its checksum does not match its bytes");
  const version = buffer.readUInt32LE(VERSION_AT);
  if (version > format.version) return { kind: "newer", version };
  if (bytes.length !== format.fileBytes || version !== format.version)
    return damaged(VERSION_AT, `version ${version} in ${bytes.length} bytes was never written`);
  return decodeBody(format, buffer);
}

function decodeBody<T>(format: RecordFormat<T>, buffer: Buffer): RecordFile<T> {
  const generation = Number(buffer.readBigUInt64LE(GENERATION_AT));
  if (!Number.isSafeInteger(generation)) return damaged(GENERATION_AT, "an impossible generation");
  const bodyLength = buffer.readUInt32LE(BODY_LENGTH_AT);
  if (bodyLength > buffer.length - BODY_AT || buffer.readUInt32LE(ZERO_AT) !== 0)
    return damaged(BODY_LENGTH_AT, "an impossible length");
  const body = parse(buffer.toString("utf8", BODY_AT, BODY_AT + bodyLength));
  const value = body === undefined ? undefined : format.decode(body);
  if (value === undefined) return damaged(BODY_AT, "its fields are not those of such a record");
  return { kind: "valid", generation, value };
}

function crcOf(bytes: Buffer): number {
  return crc32(bytes.subarray(GENERATION_AT), crc32(bytes.subarray(0, CRC_AT)));
}

function damaged(byte: number, reason: string): RecordFile<never> {
  return { kind: "damaged", byte, reason };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
