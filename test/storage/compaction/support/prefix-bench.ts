import { expect } from "vitest";
import type { LogIndex, Offset } from "../../../../src/common/brand.ts";
import {
  COMPACTED_FLAG,
  decodeFrame,
  type Frame,
  frameLength,
  payloadOf,
} from "../../../../src/common/frame.ts";
import { batchCodec } from "../../../../src/runtime/batch-codec.ts";
import type { SimDisk } from "../../../../src/sim/disk/index.ts";
import {
  type CompactedPrefix,
  type CompactedRun,
  type CompactionOrder,
  type CompactionRules,
  inlineWorkers,
  openCompactedPrefix,
  type PrefixOptions,
} from "../../../../src/storage/compaction/index.ts";
import type { FileSystem } from "../../../../src/storage/index.ts";
import { decodeRecordBatch } from "../../../../src/wire/record-batch.ts";
import { LOG, type SourceLog, type SourceRecord } from "./source-log.ts";

export const SNAPSHOTS = "data/snapshots";

export const RULES: CompactionRules = {
  strategy: "key",
  deleteRetentionMs: 0,
  minCompactionLagMs: 0,
  minCleanableDirtyRatio: 0,
  segmentBytes: 2000,
  windowMs: 1000,
};

/** The hard state as far as compaction knows it; what it says is durable at once. */
export class FakeHardState {
  current: { compactedTo: LogIndex } = { compactedTo: 0 as LogIndex };
  trusted = true;

  update({ compactedTo }: { readonly compactedTo: LogIndex }): Promise<void> {
    this.current = { compactedTo };
    return Promise.resolve();
  }
}

export interface Bench {
  readonly prefix: CompactedPrefix;
  readonly notes: string[];
}

/** Opens the prefix on `fileSystem`, which may be stopped at a boundary. */
export async function openOn(
  fileSystem: FileSystem,
  hardState: FakeHardState,
  options: Partial<PrefixOptions> = {},
): Promise<Bench> {
  const notes: string[] = [];
  const prefix = await openCompactedPrefix({
    fileSystem,
    directory: SNAPSHOTS,
    logDirectory: LOG,
    hardState,
    workers: inlineWorkers({ fileSystem, codec: batchCodec, pause: undefined }),
    notes,
    ...options,
  });
  return { prefix, notes };
}

export async function newDirectory(disk: SimDisk): Promise<void> {
  const fileSystem = disk.mount();
  await fileSystem.makeDirectory(SNAPSHOTS);
  disk.kill();
}

/** An order up to the end of `source`, given by a snapshot entry stamped now. */
export function orderTo(source: SourceLog, rules: Partial<CompactionRules> = {}): CompactionOrder {
  return {
    index: source.lastIndex,
    snapshotTimestamp: source.timestamp,
    logStartOffset: 0 as Offset,
    rules: { ...RULES, ...rules },
  };
}

/** Compacts all sealed segments of `source` that were not yet. */
export async function compactAll(
  prefix: CompactedPrefix,
  source: SourceLog,
  rules: Partial<CompactionRules> = {},
): Promise<void> {
  const fresh = source.segments.filter(({ firstIndex }) => firstIndex > prefix.upTo.index);
  await prefix.compact(orderTo(source, rules), fresh);
}

/** Every record that the prefix serves, in order; all that frames promise is checked. */
export async function readAll(
  prefix: CompactedPrefix,
  from = 0,
  maxBytes = 300,
): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  let next = from;
  while (next < prefix.upTo.nextOffset) {
    const read = await prefix.read(next as Offset, maxBytes);
    expect(read.nextOffset).toBeGreaterThan(next);
    for (const record of recordsOfRun(read)) {
      if (record.offset < from) continue;
      expect(record.offset).toBeGreaterThan(records.at(-1)?.offset ?? -1);
      records.push(record);
    }
    next = read.nextOffset;
  }
  return records;
}

/** The records of one answer; all that its frames promise is checked. */
export function recordsOfRun({ run }: CompactedRun): SourceRecord[] {
  const frames = [...framesOf(run.chunks, run.prevChain)];
  for (const { header } of frames) expect(header.flags).toBe(COMPACTED_FLAG);
  return frames.flatMap(recordsOf);
}

function* framesOf(chunks: readonly Uint8Array[], prevChain: number): Generator<Frame> {
  const bytes = Buffer.concat(chunks);
  let chain = prevChain;
  for (let at = 0; at < bytes.length; ) {
    const frame = decodeFrame(bytes, at, chain);
    if (typeof frame === "string") throw new Error(`a bad frame was served: ${frame}`);
    yield frame;
    chain = frame.header.chain;
    at += frameLength(frame.header);
  }
}

function recordsOf(frame: Frame): SourceRecord[] {
  const { baseOffset, recordCount, timestamp, producer } = frame.header;
  expect(producer?.sequence).toBe(baseOffset);
  const batch = decodeRecordBatch(payloadOf(frame));
  expect(batch.length).toBe(recordCount);
  return batch.map(({ key, value }, i) => ({
    key: key && Buffer.from(key).toString(),
    value: value && Buffer.from(value).toString(),
    offset: baseOffset + i,
    timestamp,
  }));
}

/** What a reader who applies `records` in order ends with. */
export function viewOf(records: readonly SourceRecord[]): Map<string, string> {
  const view = new Map<string, string>();
  for (const { key, value } of records)
    if (key !== undefined)
      if (value === undefined) view.delete(key);
      else view.set(key, value);
  return view;
}
