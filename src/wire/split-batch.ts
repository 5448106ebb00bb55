import { MAX_BATCH_RECORDS } from "../common/limits.ts";
import { ProtoReader } from "./proto-reader.ts";
import { varintSize, writeBytes, writeVarint } from "./proto-writer.ts";

/** A record inside an encoded batch: views of it, nothing decoded that is not asked for. */
export interface EncodedRecord {
  readonly key: Uint8Array | undefined;
  /** It has no value. */
  readonly tombstone: boolean;
  /** The record as it is encoded, without its tag and length. */
  readonly bytes: Uint8Array;
}

const RECORD_TAG = 0x0a;
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;

/**
 * Splits a batch into its records; their bytes are views, and are not changed by it.
 * @throws LogError CORRUPT when the bytes are no batch
 */
export function splitBatch(batch: Uint8Array): EncodedRecord[] {
  const records: EncodedRecord[] = [];
  const reader = new ProtoReader(batch, 0, batch.length, "CORRUPT");
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag !== RECORD_TAG) {
      reader.skip(tag);
      continue;
    }
    if (records.length === MAX_BATCH_RECORDS) reader.fail("it has too many records");
    const length = reader.length();
    records.push(readRecord(reader, reader.at + length));
  }
  return records;
}

function readRecord(reader: ProtoReader, end: number): EncodedRecord {
  const from = reader.at;
  let key: Uint8Array | undefined;
  let tombstone = true;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === KEY_TAG) key = reader.view();
    else {
      if (tag === VALUE_TAG) tombstone = false;
      reader.skip(tag);
    }
  }
  if (reader.at !== end) reader.fail("a field runs over its record's end");
  return { key, tombstone, bytes: reader.bytes.subarray(from, end) };
}

/** A batch of records as {@link splitBatch} gave them; one allocation, one copy of each. */
export function joinBatch(records: readonly Pick<EncodedRecord, "bytes">[]): Uint8Array {
  let total = 0;
  for (const { bytes } of records) total += 1 + varintSize(bytes.length) + bytes.length;
  const batch = Buffer.allocUnsafe(total);
  let at = 0;
  for (const { bytes } of records) {
    batch[at] = RECORD_TAG;
    at = writeBytes(batch, writeVarint(batch, at + 1, bytes.length), bytes);
  }
  return batch;
}
