import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LogIndex, Offset, Term } from "../src/common/brand.ts";
import { encodeFrame, type Frame } from "../src/common/frame.ts";
import { randomInteger, seededRandom } from "../src/common/random.ts";
import { SystemCompactionWorkers } from "../src/runtime/system-compaction-workers.ts";
import { openCompactedPrefix } from "../src/storage/compaction/index.ts";
import type { SegmentStatus } from "../src/storage/index.ts";
import { nodeFileSystem } from "../src/storage/node-file-system.ts";
import { encodeFooter } from "../src/storage/wal/footer.ts";
import { SegmentDigest } from "../src/storage/wal/segment-digest.ts";
import { encodeRecordBatch } from "../src/wire/record-batch.ts";

/**
 * Compaction of a log of sealed segments on a worker thread, by key, then a second order on top.
 * usage: node scripts/bench-compaction.ts [MB] [VALUE_BYTES] [RECORDS_PER_BATCH] [KEYS]
 */
const [MB = 200, VALUE_BYTES = 200, BATCH = 50, KEYS = 200_000] = process.argv.slice(2).map(Number);
const SEGMENT_BYTES = 16 << 20;
const TERM = 1 as Term;
const random = seededRandom(1);
const value = Buffer.alloc(VALUE_BYTES, 7);

const end = { index: 0, offset: 0, chain: 0, timestamp: 1 };

function nextFrame(first: number): Frame {
  const records = Array.from({ length: BATCH }, () => ({
    key: Buffer.from(`key-${randomInteger(random, 0, KEYS - 1)}`),
    value,
    headers: [],
  }));
  const stamp = {
    type: "data" as const,
    index: ++end.index as LogIndex,
    term: TERM,
    baseOffset: end.offset as Offset,
    segmentFirstIndex: first as LogIndex,
    timestamp: ++end.timestamp,
    recordCount: BATCH,
    producer: undefined,
  };
  const frame = encodeFrame(stamp, encodeRecordBatch(records), end.chain);
  end.chain = frame.header.chain;
  end.offset += BATCH;
  return frame;
}

/** One sealed segment of random keys, on the disk. */
async function writeSegment(directory: string): Promise<SegmentStatus> {
  const prevChain = end.chain;
  const firstIndex = end.index + 1;
  const frames: Frame[] = [];
  for (let bytes = 0; bytes < SEGMENT_BYTES; bytes += (frames.at(-1) as Frame).bytes.length)
    frames.push(nextFrame(firstIndex));
  const [first, last] = [frames[0], frames.at(-1)].map((one) => (one as Frame).header);
  if (first === undefined || last === undefined) throw new Error("a segment holds frames");
  const content = Buffer.concat(frames.map(({ bytes }) => bytes));
  const digest = new SegmentDigest();
  digest.update(content);
  const status = {
    baseOffset: first.baseOffset,
    nextOffset: end.offset as Offset,
    firstIndex: first.index,
    lastIndex: last.index,
    firstTimestamp: first.timestamp,
    lastTimestamp: last.timestamp,
  };
  const footer = encodeFooter({
    ...{ ...status, ...digest.finish(), firstTerm: TERM, lastTerm: TERM, prevTerm: TERM },
    ...{ prevChain, lastChain: end.chain, frameBytes: content.length, nonData: [] },
    runs: [{ term: TERM, count: frames.length }],
  });
  const file = `${String(first.baseOffset).padStart(20, "0")}.log`;
  const handle = await open(path.join(directory, file), "w");
  await handle.writev([content, footer]);
  await handle.sync();
  await handle.close();
  return { ...status, file, state: "sealed", bytes: content.length + footer.length };
}

async function writeSegments(directory: string, bytes: number): Promise<SegmentStatus[]> {
  const segments: SegmentStatus[] = [];
  for (let written = 0; written < bytes; written += SEGMENT_BYTES)
    segments.push(await writeSegment(directory));
  return segments;
}

const data = await mkdtemp(path.join(tmpdir(), "bench-compaction-"));
const workers = new SystemCompactionWorkers(1);
try {
  const [logDirectory, directory] = [path.join(data, "log"), path.join(data, "snapshots")];
  for (const made of [logDirectory, directory]) await mkdir(made);
  const hardState = {
    current: { compactedTo: 0 as LogIndex },
    trusted: true,
    update: () => Promise.resolve(),
  };
  const prefix = await openCompactedPrefix({
    ...{ fileSystem: nodeFileSystem, directory, logDirectory, hardState, workers, notes: [] },
  });
  for (const bytes of [MB << 20, (MB << 20) / 4]) {
    const segments = await writeSegments(logDirectory, bytes);
    const before = prefix.counters;
    const started = performance.now();
    await prefix.compact(
      {
        index: end.index as LogIndex,
        snapshotTimestamp: end.timestamp,
        logStartOffset: 0 as Offset,
        rules: {
          ...{ strategy: "key", deleteRetentionMs: 0, minCompactionLagMs: 0 },
          ...{ minCleanableDirtyRatio: 0, segmentBytes: SEGMENT_BYTES, windowMs: 1 },
        },
      },
      segments,
    );
    const seconds = (performance.now() - started) / 1000;
    const { bytesRead, bytesWritten, bytesFolded, recordsDropped } = prefix.counters;
    const megabytes = (now: number, then: number) => ((now - then) / (1 << 20)).toFixed(0);
    const folded = bytesFolded - before.bytesFolded;
    process.stdout.write(
      `${megabytes(folded, 0)} MiB of segments in ${seconds.toFixed(1)} s: ` +
        `${(folded / (1 << 20) / seconds).toFixed(0)} MiB/s; ` +
        `read ${megabytes(bytesRead, before.bytesRead)}, ` +
        `wrote ${megabytes(bytesWritten, before.bytesWritten)} MiB, ` +
        `dropped ${recordsDropped - before.recordsDropped} records\n`,
    );
  }
} finally {
  await workers.close();
  await rm(data, { recursive: true });
}
