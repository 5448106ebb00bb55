import { Term } from "../../../../src/common/brand.ts";
import type { FatalError } from "../../../../src/common/fatal-error.ts";
import type { EntryType, Frame } from "../../../../src/common/frame.ts";
import { seededRandom } from "../../../../src/common/random.ts";
import type { EntryId } from "../../../../src/raft/types.ts";
import { SimDisk } from "../../../../src/sim/disk/index.ts";
import {
  type ClusterIdentity,
  type DataDirectory,
  type FaultyEntry,
  type FileSystem,
  type LogListener,
  type LogStore,
  openDataDirectory,
  type RollSettings,
  type SegmentStatus,
  type StampInput,
  stampFrames,
} from "../../../../src/storage/index.ts";

/** Segments so small that a handful of entries rolls them. */
export const SMALL_SEGMENTS: RollSettings = { segmentBytes: 700, segmentMs: undefined };
export const LARGE_SEGMENTS: RollSettings = { segmentBytes: 1 << 20, segmentMs: undefined };

export const CLUSTER: ClusterIdentity = {
  clusterId: "c1",
  voters: [{ nodeId: "n1", diskId: "d1" }],
  formed: true,
};

export const LOG = "data/log";

/** What a log tells its owner, kept. */
export class Heard implements LogListener {
  readonly persistedEntries: EntryId[] = [];
  readonly failures: FatalError[] = [];
  readonly damage: FaultyEntry[] = [];
  readonly rebuilt: string[] = [];
  readonly rolled: SegmentStatus[] = [];
  readonly sealed: SegmentStatus[] = [];
  readonly #waiting: (() => void)[] = [];

  get durable(): number {
    return this.persistedEntries.at(-1)?.index ?? 0;
  }

  persisted(last: EntryId): void {
    this.persistedEntries.push(last);
    this.#wake();
  }

  failed(error: FatalError): void {
    this.failures.push(error);
    this.#wake();
  }

  damaged(entries: readonly FaultyEntry[]): void {
    this.damage.push(...entries);
    this.#wake();
  }

  segmentRebuilt(segment: SegmentStatus, what: string): void {
    this.rebuilt.push(`${segment.file}: ${what}`);
    this.#wake();
  }

  segmentRolled(segment: SegmentStatus): void {
    this.rolled.push(segment);
    this.#wake();
  }

  segmentSealed(segment: SegmentStatus): void {
    this.sealed.push(segment);
    this.#wake();
  }

  /** Resolves once `holds`; asked again whenever something was heard. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A log on a disk, with what it was told. */
export interface OpenLog {
  readonly data: DataDirectory;
  readonly log: LogStore;
  readonly heard: Heard;
  readonly notes: readonly string[];
}

export async function openLog(fileSystem: FileSystem, heard = new Heard()): Promise<OpenLog> {
  const data = await openDataDirectory(fileSystem, "data", {
    nodeId: "n1",
    random: seededRandom(1),
  });
  const { identity } = data;
  if (identity.current.cluster === undefined) {
    await identity.save({ ...identity.current, cluster: CLUSTER });
  }
  const log = await data.openLog(heard);
  return { data, log, heard, notes: data.notes };
}

/** A disk whose identity is settled and whose log is empty. */
export async function newDisk(): Promise<SimDisk> {
  const disk = new SimDisk();
  const { data } = await openLog(disk.mount());
  await data.close();
  disk.kill();
  return disk;
}

/** What the leader stamps: `records` records of `bytes` bytes in all, drawn from `seed`. */
export function data(seed: number, records = 1, bytes = 40): StampInput {
  const payload = Uint8Array.from({ length: bytes }, (_, at) => (seed * 31 + at * 7) & 0xff);
  return { type: "data", payload, recordCount: records, producer: undefined };
}

export function other(type: Exclude<EntryType, "data">, text = ""): StampInput {
  return { type, payload: Buffer.from(text), recordCount: 0, producer: undefined };
}

/** Stamps as a leader of `term` does, on top of the log as it is, and appends. */
export function append(
  log: LogStore,
  term: number,
  inputs: readonly StampInput[],
  settings: RollSettings = SMALL_SEGMENTS,
  nowWallMs = 1_000,
): readonly Frame[] {
  const frames = stampFrames(log.tail, settings, Term(term), nowWallMs, inputs);
  log.append(frames);
  return frames;
}

/** Every frame of the log, read back in pieces of `maxBytes`. */
export async function readAll(log: LogStore, maxBytes = 1 << 20): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const last = log.tail.last.index;
  for (let next = 1; next <= last; ) {
    const run = await log.read(next as typeof last, maxBytes, last);
    chunks.push(...run.chunks);
    next = run.last.index + 1;
  }
  return Buffer.concat(chunks);
}

export function bytesOf(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map(({ bytes }) => bytes));
}
