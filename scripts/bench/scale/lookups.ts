/**
 * Finds records by offset and by time in the log of a stopped node, and counts the reads of the
 * disk at the FileSystem port. Nothing is cached: one lookup in a segment, then the log is opened
 * anew. usage: lookups JSON
 */
import type { Offset } from "#dist/common/brand.js";
import { randomInteger, seededRandom } from "#dist/common/random.js";
import {
  type File,
  type LogListener,
  type LogStore,
  openDataDirectory,
  type SegmentStatus,
} from "#dist/storage/index.js";
import { LayeredFileSystem } from "#dist/storage/layered-file-system.js";
import { nodeFileSystem } from "#dist/storage/node-file-system.js";
import type { StoppedNode } from "./log-adoption.ts";

export interface LookupTask extends StoppedNode {
  /** Lookups of each kind. */
  readonly count: number;
}

/** Reads of the disk that each lookup took, and how long in milliseconds. */
export interface Lookups {
  readonly reads: readonly number[];
  readonly ms: readonly number[];
}

export interface LookupResult {
  readonly byOffset: Lookups;
  readonly byTime: Lookups;
}

let reads = 0;

/** The machine's disk, its reads counted. */
class CountingFileSystem extends LayeredFileSystem {
  async open(path: string, mode: "create" | "write" | "read"): Promise<File> {
    const file = await this.beneath.open(path, mode);
    const read = file.read.bind(file);
    file.read = (into, position) => {
      reads++;
      return read(into, position);
    };
    return file;
  }
}

const fileSystem = new CountingFileSystem(nodeFileSystem);
const listener: LogListener = {
  persisted: () => undefined,
  failed: (error) => {
    throw error;
  },
  damaged: () => undefined,
  segmentRebuilt: () => undefined,
  segmentRolled: () => undefined,
  segmentSealed: () => undefined,
};

type Look = (log: LogStore, segment: SegmentStatus) => Promise<unknown>;

async function measure(task: LookupTask, look: Look): Promise<Lookups> {
  const found: { reads: number[]; ms: number[] } = { reads: [], ms: [] };
  const random = seededRandom(2);
  while (found.reads.length < task.count) {
    const { dataDirectory, nodeId } = task;
    const data = await openDataDirectory(fileSystem, dataDirectory, { nodeId, random });
    const log = await data.openLog(listener);
    for (const segment of log.segments().filter(({ state }) => state === "sealed")) {
      const before = reads;
      const startedMs = performance.now();
      await look(log, segment);
      found.ms.push(performance.now() - startedMs);
      found.reads.push(reads - before);
    }
    await data.close();
  }
  return found;
}

const task = JSON.parse(process.argv[2] ?? "{}") as LookupTask;
const random = seededRandom(3);
const result: LookupResult = {
  byOffset: await measure(task, (log, { baseOffset, nextOffset }) =>
    log.locate(randomInteger(random, baseOffset, nextOffset - 1) as Offset),
  ),
  byTime: await measure(task, (log, { firstTimestamp, lastTimestamp }) =>
    log.locateTime(randomInteger(random, firstTimestamp, lastTimestamp)),
  ),
};
console.log(JSON.stringify(result));
