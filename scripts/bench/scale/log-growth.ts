import { type LogIndex, Term } from "#dist/common/brand.js";
import { type Random, seededRandom } from "#dist/common/random.js";
import { restoreState } from "#dist/runtime/lifecycle/restored-state.js";
import { termAt } from "#dist/runtime/lifecycle/term-at.js";
import { encodeStateImage } from "#dist/statemachine/checkpoint-state.js";
import {
  type DataDirectory,
  type LogListener,
  type LogStore,
  openDataDirectory,
  type SegmentStatus,
  stampBlock,
  type StampInput,
} from "#dist/storage/index.js";
import { nodeFileSystem } from "#dist/storage/node-file-system.js";
import { encodeRecordBatch } from "#dist/wire/record-batch.js";
import { type LogShape, shapedEntries } from "./log-shape.ts";

const RECORD_BYTES = 100;
const SETTINGS = { segmentBytes: 64 << 20, segmentMs: undefined };
/** Stamped at once; twice as much is on its way to the disk. */
const GROUP_BYTES = 4 << 20;
const MAX_ENTRIES = 20_000;

export interface Growth {
  readonly dataDirectory: string;
  readonly nodeId: string;
  /** Frame bytes to reach, and then half a segment more: that much is scanned at a start. */
  readonly bytes: number;
  readonly shape: LogShape;
}

/**
 * Appends to the log of a stopped node with the same code that a leader's log runs: stamped,
 * written, synced, rowed, sealed, a checkpoint at every seal; only nobody else is asked. A
 * directory that belongs to no cluster yet becomes one of its own.
 */
export async function growLog({ dataDirectory, nodeId, bytes, shape }: Growth): Promise<void> {
  const random = seededRandom(1);
  const data = await openDataDirectory(nodeFileSystem, dataDirectory, { nodeId, random });
  const { identity } = data;
  if (identity.current.cluster === undefined) {
    const voters = [{ nodeId, diskId: identity.current.diskId }];
    const cluster = { clusterId: "grown", voters, formed: true };
    await identity.save({ ...identity.current, cluster });
    await data.hardState.update({ currentTerm: Term(1) });
  }
  try {
    await new Grower(data, random, shape).run(bytes);
  } finally {
    await data.close();
  }
}

class Grower {
  readonly #data: DataDirectory;
  readonly #shape: Iterator<{ readonly records: number; readonly pauseMs: number }, never>;
  readonly #batches = new Map<number, Uint8Array>();
  readonly #saved: Promise<void>[] = [];
  #log: LogStore | undefined;
  #image: Uint8Array = new Uint8Array(0);
  #progressed: () => void = () => undefined;
  #failure: Error | undefined;
  #nowMs = Date.UTC(2026, 0, 1);

  constructor(data: DataDirectory, random: Random, shape: LogShape) {
    this.#data = data;
    this.#shape = shapedEntries(shape, () => random.next());
  }

  async run(bytes: number): Promise<void> {
    const log = await this.#data.openLog(this.#listener());
    this.#log = log;
    const voters = this.#data.identity.current.cluster?.voters ?? [];
    const { state, controls } = await restoreState(log, this.#data.checkpoints, voters);
    for (const control of controls) state.applyControl(control);
    this.#image = encodeStateImage(state.image());
    const term = this.#data.hardState.current.currentTerm;
    this.#nowMs = Math.max(this.#nowMs, log.tail.timestamp);
    let left = bytes - log.segments().reduce((sum, segment) => sum + segment.bytes, 0);
    let previous = log.tail.last.index;
    while (left > 0 || log.tail.segmentBytes < SETTINGS.segmentBytes / 2) {
      const block = stampBlock(log.tail, SETTINGS, term, this.#nowMs, this.#group());
      left -= block.bytes.length;
      log.append(block);
      await this.#reached(previous);
      previous = log.tail.last.index;
    }
    await this.#reached(log.tail.last.index);
    while (log.segments().some(({ state: kind }) => kind === "closed"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(this.#saved);
  }

  #group(): readonly StampInput[] {
    const inputs: StampInput[] = [];
    let bytes = 0;
    while (bytes < GROUP_BYTES && inputs.length < MAX_ENTRIES) {
      const { records, pauseMs } = this.#shape.next().value;
      // One group has one time, as a leader's has.
      if (pauseMs > 0) this.#nowMs += pauseMs;
      const payload = this.#batchOf(records);
      bytes += payload.length;
      inputs.push({ type: "data", payload, recordCount: records, producer: undefined });
      if (pauseMs > 1) break;
    }
    return inputs;
  }

  #batchOf(records: number): Uint8Array {
    const known = this.#batches.get(records);
    if (known !== undefined) return known;
    const value = Buffer.alloc(RECORD_BYTES, "a");
    const batch = encodeRecordBatch(
      Array.from({ length: records }, () => ({ key: undefined, value, headers: [] })),
    );
    this.#batches.set(records, batch);
    return batch;
  }

  /** Resolves when the entry at `index` is durable. */
  async #reached(index: LogIndex): Promise<void> {
    while ((this.#log?.durable ?? 0) < index) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#progressed = resolve;
      });
    }
  }

  #listener(): LogListener {
    const fail = (error: Error): void => {
      this.#failure = error;
      this.#progressed();
    };
    return {
      persisted: ({ index }) => {
        this.#log?.committed(index);
        this.#progressed();
      },
      failed: fail,
      damaged: () => fail(new Error("the grown log is damaged")),
      segmentRolled: () => undefined,
      segmentSealed: (segment) => this.#saved.push(this.#checkpoint(segment)),
      segmentRebuilt: () => undefined,
    };
  }

  async #checkpoint({ lastIndex, nextOffset, lastTimestamp }: SegmentStatus): Promise<void> {
    const log = this.#log;
    const chain = log?.chainAt(lastIndex);
    const term = log && termAt(log.terms(), lastIndex);
    if (chain === undefined || term === undefined) throw new Error("a sealed end is known");
    const start = { last: { index: lastIndex, term }, nextOffset, chain, timestamp: lastTimestamp };
    await this.#data.checkpoints.save({ start, state: this.#image });
  }
}
