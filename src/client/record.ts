import { isUtf8 } from "node:buffer";
import { LogError } from "../common/errors.ts";
import { type Frame, type ProducerStamp, payloadOf } from "../common/frame.ts";
import { type BatchRecord, decodeRecordBatch, type RecordHeader } from "../wire/record-batch.ts";
import type { Codec } from "./codec.ts";

/** A record as it is read. */
export interface LogRecord<V = Uint8Array> {
  readonly offset: number;
  readonly term: number;
  /** Raft index of the entry that holds it. */
  readonly index: number;
  /** Milliseconds since 1970, stamped by the leader; never goes back along the log. */
  readonly timestamp: number;
  /** A string where the bytes are UTF-8, else the bytes; `null`: none. */
  readonly key: string | Uint8Array | null;
  /** `null`: a tombstone. */
  readonly value: V | null;
  /** Of two headers with one name the last. Values are read as UTF-8. */
  readonly headers: ReadonlyMap<string, string>;
  /** Who appended it; `sequence` is this record's own. Absent where the writer gave none. */
  readonly producer: ProducerStamp | undefined;
}

/** A record to append. */
export interface AppendInput<V = Uint8Array> {
  readonly key?: string | Uint8Array | undefined;
  /** `null`: a tombstone, which deletes the key where the log is compacted. */
  readonly value: V | null;
  readonly headers?: { readonly [name: string]: string } | undefined;
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();
const NO_WIRE_HEADERS: readonly RecordHeader[] = [];

/** @throws LogError INVALID_ARGUMENT when the codec gives no bytes, or the key is none */
export function toBatchRecord<V>(input: AppendInput<V>, codec: Codec<V>): BatchRecord {
  const value = input.value === null ? undefined : encode(input.value, codec);
  if (value !== undefined && !(value instanceof Uint8Array))
    throw new LogError("INVALID_ARGUMENT", "the value is not bytes", {
      hint: "give the producer a codec: codecs.json(), codecs.text, or your own",
    });
  return { key: keyBytes(input.key), value, headers: wireHeaders(input.headers) };
}

function encode<V>(value: V, codec: Codec<V>): Uint8Array {
  try {
    return codec.encode(value);
  } catch (cause) {
    const message = `the codec cannot encode the value: ${reasonOf(cause)}`;
    throw new LogError("INVALID_ARGUMENT", message, { cause });
  }
}

function decode<V>(value: Uint8Array, codec: Codec<V>, offset: number): V {
  try {
    return codec.decode(value);
  } catch (cause) {
    const message = `the codec cannot decode the value at offset ${offset}: ${reasonOf(cause)}`;
    throw new LogError("INVALID_ARGUMENT", message, {
      cause,
      hint: "read it with the codec it was written with, or with codecs.bytes",
    });
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function keyBytes(key: string | Uint8Array | undefined): Uint8Array | undefined {
  if (key === undefined || key instanceof Uint8Array) return key;
  if (typeof key === "string") return Buffer.from(key);
  throw new LogError("INVALID_ARGUMENT", "a key is a string or bytes");
}

function wireHeaders(headers: AppendInput["headers"]): readonly RecordHeader[] {
  if (headers === undefined) return NO_WIRE_HEADERS;
  return Object.entries(headers).map(([name, value]) => ({ name, value: Buffer.from(value) }));
}

/**
 * The records of a data frame at `from` and after. Bytes are views of the message they came in:
 * copy what is kept for long.
 * @throws LogError CORRUPT when the frame's count and its batch disagree
 */
export function recordsOf<V>(frame: Frame, from: number, codec: Codec<V>): LogRecord<V>[] {
  const { header } = frame;
  const batch = decodeRecordBatch(payloadOf(frame));
  if (batch.length !== header.recordCount)
    throw new LogError("CORRUPT", `the batch at offset ${header.baseOffset} has another length`, {
      hint: "run `balsa verify` on the node that served it",
    });
  const skip = Math.max(0, from - header.baseOffset);
  const records: LogRecord<V>[] = [];
  for (let i = skip; i < batch.length; i++) {
    const { key, value, headers } = batch[i] as BatchRecord;
    const { producer } = header;
    records.push({
      offset: header.baseOffset + i,
      term: header.term,
      index: header.index,
      timestamp: header.timestamp,
      key: key === undefined ? null : readKey(key),
      value: value === undefined ? null : decode(value, codec, header.baseOffset + i),
      headers: headers.length === 0 ? NO_HEADERS : readHeaders(headers),
      producer: producer === undefined ? undefined : advance(producer, i),
    });
  }
  return records;
}

function advance(producer: ProducerStamp, by: number): ProducerStamp {
  return by === 0 ? producer : { ...producer, sequence: producer.sequence + by };
}

function readKey(key: Uint8Array): string | Uint8Array {
  return isUtf8(key) ? utf8(key) : key;
}

function readHeaders(headers: readonly RecordHeader[]): ReadonlyMap<string, string> {
  return new Map(headers.map(({ name, value }) => [name, utf8(value)]));
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
