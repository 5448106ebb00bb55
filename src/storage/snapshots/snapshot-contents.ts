import { createHash } from "node:crypto";
import { isCount, isPlainObject } from "../json-fields.ts";

/** One file inside a snapshot's content. */
export interface ContentPart {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
}

/** A part and where it lies in the content. */
export interface PlacedPart extends ContentPart {
  readonly position: number;
}

/** The table at the front of a snapshot's content. */
export interface SnapshotContents {
  readonly parts: readonly PlacedPart[];
  readonly tableBytes: number;
  readonly totalBytes: number;
}

/**
 * The content of a snapshot on its way: a table, then the files it names, one after the other.
 *
 * ```
 *  0 magic "BALSASNP" | 8 version u32 | 12 tableLength u32
 * 16 table: JSON, UTF-8: [{name, bytes, sha256}, …]
 *    the files
 * ```
 *
 * The hash of a snapshot is the SHA-256 of all that comes before the files: the table names the
 * SHA-256 of each, so it stands for every byte, and the sender need not read gigabytes to offer.
 */
const MAGIC = "BALSASNP";
const VERSION = 1;
const VERSION_AT = 8;
const LENGTH_AT = 12;
export const CONTENTS_HEAD_BYTES = 16;
/** Bounds what a peer may make us read at once: a hundred bytes a part. */
const MAX_TABLE_BYTES = 4 << 20;

const NAME = /^[0-9A-Za-z][0-9A-Za-z.-]{0,127}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;

export function encodeContents(parts: readonly ContentPart[]): Uint8Array {
  const table = parts.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
  const body = Buffer.from(JSON.stringify(table));
  const head = Buffer.alloc(CONTENTS_HEAD_BYTES);
  head.write(MAGIC, 0, "latin1");
  head.writeUInt32LE(VERSION, VERSION_AT);
  head.writeUInt32LE(body.length, LENGTH_AT);
  return Buffer.concat([head, body]);
}

/** The SHA-256, in hex, that a snapshot goes by. */
export function hashOfContents(table: Uint8Array): string {
  return createHash("sha256").update(table).digest("hex");
}

/** Bytes before the first file, as told by the first {@link CONTENTS_HEAD_BYTES}. */
export function tableBytesOf(head: Uint8Array): number | undefined {
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (buffer.length < CONTENTS_HEAD_BYTES || buffer.toString("latin1", 0, 8) !== MAGIC)
    return undefined;
  const length = buffer.readUInt32LE(LENGTH_AT);
  if (buffer.readUInt32LE(VERSION_AT) !== VERSION || length > MAX_TABLE_BYTES) return undefined;
  return CONTENTS_HEAD_BYTES + length;
}

/** Absent: this is no table of parts. `bytes` ends where the table does. */
export function decodeContents(bytes: Uint8Array): SnapshotContents | undefined {
  if (tableBytesOf(bytes) !== bytes.length) return undefined;
  const parts: PlacedPart[] = [];
  let position = bytes.length;
  for (const part of listIn(bytes.subarray(CONTENTS_HEAD_BYTES))) {
    if (!isPart(part) || parts.some(({ name }) => name === part.name)) return undefined;
    const { name, bytes: length, sha256 } = part;
    parts.push({ name, bytes: length, sha256, position });
    position += length;
  }
  if (parts.length === 0 || !Number.isSafeInteger(position)) return undefined;
  return { parts, tableBytes: bytes.length, totalBytes: position };
}

function listIn(body: Uint8Array): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Names come from another node and become names of files here. */
function isPart(value: unknown): value is ContentPart {
  if (!isPlainObject(value)) return false;
  const { name, bytes, sha256 } = value;
  if (typeof name !== "string" || !NAME.test(name) || !isCount(bytes)) return false;
  return typeof sha256 === "string" && SHA256_HEX.test(sha256);
}
