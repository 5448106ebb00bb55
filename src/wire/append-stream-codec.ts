import type {
  AppendAcks,
  AppendStreamRequest,
  AppendStreamResponse,
  StreamedAppend,
} from "./log-messages.ts";
import { ProtoReader } from "./proto-reader.ts";
import { varintSize, writeBytes, writeVarint } from "./proto-writer.ts";

/**
 * The two messages that travel for every append, by hand: a request of nothing but `appends` and a
 * response of nothing but `acks`. The bytes are those of protobufjs, at a fraction of its time and
 * objects. Whatever is not of that plain form is left to protobufjs: each function answers
 * undefined then, and never throws.
 */
const APPENDS = 0x12;
const BATCH = 0x0a;
const RECORD_COUNT = 0x10;
const SEQUENCE = 0x18;
const ACKS = 0x12;
const TERM = 0x08;
const SEQUENCES = 0x12;
const OFFSETS = 0x1a;
const INDEXES = 0x22;
const MAX_UINT32 = 0xffff_ffff;

/** What protobufjs would round or wrap is left to it. */
function isPlain(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function appendSize({ batch, recordCount, sequence }: StreamedAppend): number {
  const batchSize = 1 + varintSize(batch.length) + batch.length;
  return batchSize + 1 + varintSize(recordCount) + 1 + varintSize(sequence);
}

export function encodePlainRequest({ open, appends }: AppendStreamRequest): Buffer | undefined {
  if (open !== null) return undefined;
  let size = 0;
  for (const append of appends) {
    if (!isPlain(append.sequence) || !isPlain(append.recordCount)) return undefined;
    if (append.recordCount > MAX_UINT32) return undefined;
    const length = appendSize(append);
    size += 1 + varintSize(length) + length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const append of appends) {
    bytes[at] = APPENDS;
    at = writeVarint(bytes, at + 1, appendSize(append));
    bytes[at] = BATCH;
    at = writeVarint(bytes, at + 1, append.batch.length);
    at = writeBytes(bytes, at, append.batch);
    bytes[at] = RECORD_COUNT;
    at = writeVarint(bytes, at + 1, append.recordCount);
    bytes[at] = SEQUENCE;
    at = writeVarint(bytes, at + 1, append.sequence);
  }
  return bytes;
}

/** Batches are views of `bytes`. */
export function decodePlainRequest(bytes: Uint8Array): AppendStreamRequest | undefined {
  return attempt(() => {
    const reader = new ProtoReader(bytes, 0, bytes.length, "INVALID_ARGUMENT");
    const appends: StreamedAppend[] = [];
    while (reader.at < reader.end) {
      if (reader.tag() !== APPENDS) return undefined;
      const length = reader.length();
      const append = readAppend(reader, reader.at + length);
      if (append === undefined) return undefined;
      appends.push(append);
    }
    return { open: null, appends };
  });
}

function readAppend(reader: ProtoReader, end: number): StreamedAppend | undefined {
  let batch = NO_BYTES;
  let recordCount = 0;
  let sequence = 0;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === BATCH) batch = reader.view();
    else if (tag === RECORD_COUNT) recordCount = reader.varint();
    else if (tag === SEQUENCE) sequence = reader.varint();
    else return undefined;
  }
  if (reader.at !== end || recordCount > MAX_UINT32) return undefined;
  return { batch, recordCount, sequence };
}

export function encodePlainResponse(message: AppendStreamResponse): Buffer | undefined {
  const { opened, acks, failures } = message;
  if (opened !== null || acks === null || failures.length > 0) return undefined;
  const columns = [acks.sequences, acks.offsets, acks.indexes];
  if (!isPlain(acks.term) || !columns.every((column) => column.every(isPlain))) return undefined;
  const sizes = columns.map(columnSize);
  let length = 1 + varintSize(acks.term);
  for (const size of sizes) if (size > 0) length += 1 + varintSize(size) + size;
  const bytes = Buffer.allocUnsafe(1 + varintSize(length) + length);
  bytes[0] = ACKS;
  let at = writeVarint(bytes, 1, length);
  bytes[at] = TERM;
  at = writeVarint(bytes, at + 1, acks.term);
  [SEQUENCES, OFFSETS, INDEXES].forEach((tag, i) => {
    const size = sizes[i] ?? 0;
    if (size === 0) return;
    bytes[at] = tag;
    at = writeVarint(bytes, at + 1, size);
    for (const value of columns[i] ?? []) at = writeVarint(bytes, at, value);
  });
  return bytes;
}

function columnSize(values: readonly number[]): number {
  let size = 0;
  for (const value of values) size += varintSize(value);
  return size;
}

export function decodePlainResponse(bytes: Uint8Array): AppendStreamResponse | undefined {
  return attempt(() => {
    const reader = new ProtoReader(bytes, 0, bytes.length, "INVALID_ARGUMENT");
    if (bytes.length === 0 || reader.tag() !== ACKS) return undefined;
    const length = reader.length();
    const acks = length === reader.end - reader.at ? readAcks(reader) : undefined;
    return acks === undefined ? undefined : { opened: null, acks, failures: [] };
  });
}

function readAcks(reader: ProtoReader): AppendAcks | undefined {
  let term = 0;
  const [sequences, offsets, indexes]: [number[], number[], number[]] = [[], [], []];
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag === TERM) term = reader.varint();
    else if (tag === SEQUENCES) readColumn(reader, sequences);
    else if (tag === OFFSETS) readColumn(reader, offsets);
    else if (tag === INDEXES) readColumn(reader, indexes);
    else return undefined;
  }
  return { term, sequences, offsets, indexes };
}

function readColumn(reader: ProtoReader, into: number[]): void {
  const end = reader.length() + reader.at;
  while (reader.at < end) into.push(reader.varint());
  if (reader.at !== end) reader.fail("a number runs over its column's end");
}

const NO_BYTES: Uint8Array = Buffer.alloc(0);

/** Malformed bytes are protobufjs' to describe. */
function attempt<T>(decode: () => T | undefined): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
