import { LogError } from "../common/errors.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES } from "../common/limits.ts";
import { type MalformedCode, ProtoReader } from "./proto-reader.ts";
import { varintSize, writeBytes, writeVarint } from "./proto-writer.ts";

/**
 * A batch as bytes: `RecordBatch` of `log.proto` in protobuf's wire format, written by hand.
 *
 * ```
 * batch  = { 0a <length> record }            1 .. MAX_BATCH_RECORDS
 * record = [ 0a <length> key ] [ 12 <length> value ] { 1a <length> header }
 * header = 0a <length> name  12 <length> value
 * ```
 *
 * An absent key or value has no bytes at all; an empty one has length 0.
 */
export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array;
}

export interface BatchRecord {
  readonly key: Uint8Array | undefined;
  /** Absent: a tombstone. */
  readonly value: Uint8Array | undefined;
  readonly headers: readonly RecordHeader[];
}

const FIRST_FIELD = 0x0a;
const SECOND_FIELD = 0x12;
const THIRD_FIELD = 0x1a;

const NO_HEADERS: readonly RecordHeader[] = [];
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function fieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

function headerSize(header: RecordHeader): number {
  return fieldSize(Buffer.byteLength(header.name)) + fieldSize(header.value.length);
}

/** Bytes of the encoded record; at most MAX_RECORD_BYTES are taken by a server. */
export function recordSize(record: BatchRecord): number {
  let size = 0;
  if (record.key !== undefined) size += fieldSize(record.key.length);
  if (record.value !== undefined) size += fieldSize(record.value.length);
  for (const header of record.headers) size += fieldSize(headerSize(header));
  return size;
}

/** What a record of `size` (see {@link recordSize}) adds to its batch. */
export function recordSizeInBatch(size: number): number {
  return fieldSize(size);
}

/** Encodes a batch; one allocation. Limits are the caller's, and the server's, to check. */
export function encodeRecordBatch(records: readonly BatchRecord[]): Buffer {
  const sizes = new Uint32Array(records.length);
  let total = 0;
  for (let i = 0; i < records.length; i++) {
    const size = recordSize(records[i] as BatchRecord);
    sizes[i] = size;
    total += fieldSize(size);
  }
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  for (let i = 0; i < records.length; i++) {
    bytes[at] = FIRST_FIELD;
    at = writeVarint(bytes, at + 1, sizes[i] as number);
    at = writeRecord(bytes, at, records[i] as BatchRecord);
  }
  return bytes;
}

function writeField(bytes: Buffer, at: number, tag: number, value: Uint8Array): number {
  bytes[at] = tag;
  return writeBytes(bytes, writeVarint(bytes, at + 1, value.length), value);
}

function writeRecord(bytes: Buffer, from: number, record: BatchRecord): number {
  let at = from;
  if (record.key !== undefined) at = writeField(bytes, at, FIRST_FIELD, record.key);
  if (record.value !== undefined) at = writeField(bytes, at, SECOND_FIELD, record.value);
  for (const header of record.headers) {
    bytes[at] = THIRD_FIELD;
    at = writeVarint(bytes, at + 1, headerSize(header));
    bytes[at] = FIRST_FIELD;
    const nameBytes = Buffer.byteLength(header.name);
    at = writeVarint(bytes, at + 1, nameBytes);
    at += bytes.write(header.name, at, nameBytes, "utf8");
    at = writeField(bytes, at, SECOND_FIELD, header.value);
  }
  return at;
}

/**
 * Decodes a batch; keys and values are views of `batch`, not copies. Takes whatever is valid
 * protobuf: fields in any order, the last of two, unknown fields skipped.
 * @throws LogError CORRUPT (or the given code) when the bytes are no batch.
 */
export function decodeRecordBatch(
  batch: Uint8Array,
  code: MalformedCode = "CORRUPT",
): BatchRecord[] {
  const records: BatchRecord[] = [];
  const reader = new ProtoReader(batch, 0, batch.length, code);
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag !== FIRST_FIELD) {
      reader.skip(tag);
      continue;
    }
    if (records.length === MAX_BATCH_RECORDS) reader.fail("it has too many records");
    const length = reader.length();
    records.push(readRecord(reader, reader.at + length));
  }
  return records;
}

function readRecord(reader: ProtoReader, end: number): BatchRecord {
  let key: Uint8Array | undefined;
  let value: Uint8Array | undefined;
  let headers: RecordHeader[] | undefined;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === FIRST_FIELD) key = reader.view();
    else if (tag === SECOND_FIELD) value = reader.view();
    else if (tag === THIRD_FIELD) {
      const length = reader.length();
      headers ??= [];
      headers.push(readHeader(reader, reader.at + length));
    } else reader.skip(tag);
  }
  if (reader.at !== end) reader.fail("a field runs over its record's end");
  return { key, value, headers: headers ?? NO_HEADERS };
}

function readHeader(reader: ProtoReader, end: number): RecordHeader {
  let name = "";
  let value = new Uint8Array(0);
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === FIRST_FIELD) name = utf8.decode(reader.view());
    else if (tag === SECOND_FIELD) value = reader.view() as Uint8Array<ArrayBuffer>;
    else reader.skip(tag);
  }
  if (reader.at !== end) reader.fail("a field runs over its header's end");
  return { name, value };
}

/**
 * Counts the records of a batch as a server does on the way in, without decoding it: the batch
 * must hold records and nothing else, every length must lie inside what it is part of, and every
 * limit must be kept. What passes can be decoded by every reader, for as long as the log lives.
 * @throws LogError INVALID_ARGUMENT | RECORD_TOO_LARGE
 */
export function countRecords(batch: Uint8Array): number {
  if (batch.length > MAX_BATCH_BYTES)
    throw new LogError(
      "RECORD_TOO_LARGE",
      `the batch has ${batch.length} bytes; the limit is ${MAX_BATCH_BYTES}`,
      { hint: "append fewer records in one batch" },
    );
  const reader = new ProtoReader(batch, 0, batch.length, "INVALID_ARGUMENT");
  let count = 0;
  while (reader.at < reader.end) {
    if (reader.tag() !== FIRST_FIELD) reader.fail("a field that is no record");
    const length = reader.length();
    if (length > MAX_RECORD_BYTES) throw recordTooLarge(count, length);
    if (++count > MAX_BATCH_RECORDS)
      reader.fail(`more than ${MAX_BATCH_RECORDS} records; append them in several batches`);
    walkRecord(reader, reader.at + length);
  }
  if (count === 0) reader.fail("it is empty; an append has at least one record");
  return count;
}

function recordTooLarge(position: number, length: number): LogError {
  return new LogError(
    "RECORD_TOO_LARGE",
    `record ${position + 1} of the batch has ${length} bytes with its key and headers; ` +
      `the limit is ${MAX_RECORD_BYTES}`,
    { hint: "store the large value elsewhere and append its name" },
  );
}

function walkRecord(reader: ProtoReader, end: number): void {
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === THIRD_FIELD) {
      const length = reader.length();
      walkHeader(reader, reader.at + length);
    } else reader.skip(tag);
  }
  if (reader.at !== end) reader.fail("a field runs over its record's end");
}

function walkHeader(reader: ProtoReader, end: number): void {
  while (reader.at < end) reader.skip(reader.tag());
  if (reader.at !== end) reader.fail("a field runs over its header's end");
}
