import { assert } from "../../common/assert.ts";
import type { LogIndex, NodeId } from "../../common/brand.ts";
import type { EntryType } from "../../common/frame.ts";
import { dumpFrames } from "../../storage/dump/dump-frames.ts";
import { encodeRecordBatch } from "../../wire/record-batch.ts";
import { isLeader } from "../host.ts";
import { World } from "../world.ts";
import type { WorldOptions } from "../world-options.ts";

/** Where an entry lies: in the same file at the same place on every node. */
export interface PlacedEntry {
  readonly index: LogIndex;
  readonly type: EntryType;
  /** Path on the disk: `data/log/….log`. */
  readonly file: string;
  readonly position: number;
  /** Header and payload. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** The files of a cluster that was stopped cleanly, all of them durable. */
export interface ClusterImage {
  readonly options: WorldOptions;
  readonly disks: ReadonlyMap<NodeId, ReadonlyMap<string, Uint8Array>>;
  readonly entries: readonly PlacedEntry[];
  /** Values that were acknowledged, in the order of their offsets. */
  readonly values: readonly string[];
  /** Paths of the segments that no entry is appended to any more. */
  readonly sealedFiles: ReadonlySet<string>;
}

export const DATA_DIRECTORY = "data";

const SIZES: WorldOptions = {
  nodes: 3,
  segmentBytes: 2048,
  maxInflightMessages: 4,
  maxAppendEntriesBytes: 2048,
  maxUncommittedBytes: 1 << 20,
  scrubBytesPerSecond: 1 << 20,
};
const APPENDS = 18;
const LIMIT_MS = 60_000;

/** A cluster forms, takes appends that fill a segment and begin the next, and is stopped. */
export async function prepareImage(seed = 1): Promise<ClusterImage> {
  const world = new World(seed, SIZES);
  for (const host of world.hosts) world.start(host);
  const values: string[] = [];
  for (let number = 0; number < APPENDS; number++) {
    const value = `value-${number}`;
    await acknowledged(world, value);
    values.push(value);
  }
  const settled = await world.runUntil(() => sameEverywhere(world), LIMIT_MS);
  assert(settled, "the nodes of the image hold the same");
  const [first] = world.running;
  const sealed = (first?.node?.status().segments ?? []).filter(({ state }) => state === "sealed");
  await stopCleanly(world);
  const disks = new Map(
    world.hosts.map(({ nodeId, disk }) => [
      nodeId,
      new Map(disk.files().map((path) => [path, disk.readFile(path)])),
    ]),
  );
  const sealedFiles = new Set(sealed.map(({ file }) => `${DATA_DIRECTORY}/log/${file}`));
  return { options: SIZES, disks, entries: await entriesOf(world), values, sealedFiles };
}

/** The payload of one record, as `readLog` reads it back. */
export function payloadOf(value: string): Uint8Array {
  const text = Buffer.from(`${value}|${"x".repeat(48)}`);
  return encodeRecordBatch([{ key: undefined, value: text, headers: [] }]);
}

/** Closes every node that runs, all at once, as a SIGTERM to the whole cluster does. */
export async function stopCleanly(world: World): Promise<void> {
  let open = 0;
  for (const { node } of world.running) {
    open++;
    const closed = () => {
      open--;
    };
    node?.close().then(closed, closed);
  }
  const stopped = await world.runUntil(() => open === 0, LIMIT_MS);
  assert(stopped, "the nodes stop");
  for (const host of world.running) world.kill(host);
}

/** Every running node knows of the same commits and has sealed the same segments. */
export function sameEverywhere(world: World): boolean {
  const states = world.running.map(({ node }) => {
    const status = node?.status();
    const { raft } = status ?? {};
    if (status === undefined || raft === undefined) return undefined;
    if (raft.commitIndex !== raft.lastIndex || raft.appliedIndex !== raft.lastIndex)
      return undefined;
    if (raft.durableIndex !== raft.lastIndex) return undefined;
    // All is committed, so it is about to be sealed.
    if (status.segments.some(({ state }) => state === "closed")) return undefined;
    const files = status.segments.map(({ file, state }) => `${file} ${state}`);
    return [raft.lastIndex, raft.lastTerm, ...files].join();
  });
  const [first] = states;
  return first !== undefined && states.every((state) => state === first);
}

async function acknowledged(world: World, value: string): Promise<void> {
  let done = false;
  for (let tries = 0; !done; tries++) {
    assert(tries < 200, "an append to a healthy cluster gets through");
    const leader = world.running.find((host) => isLeader(host) && host.node?.healthy === true);
    let answered = leader === undefined;
    leader?.node?.append(
      { payload: payloadOf(value), recordCount: 1, producer: undefined },
      (result) => {
        answered = true;
        done ||= !(result instanceof Error);
      },
    );
    await world.runUntil(() => answered && leader !== undefined, leader ? LIMIT_MS : 100);
  }
}

async function entriesOf(world: World): Promise<readonly PlacedEntry[]> {
  const disk = world.hosts[0]?.disk.fork();
  assert(disk !== undefined, "a world has a node");
  const entries: PlacedEntry[] = [];
  for await (const frame of dumpFrames(disk.mount(), DATA_DIRECTORY)) {
    const { file, position, length, header, fault } = frame;
    if (fault !== undefined || header === undefined || length === undefined) continue;
    const bytes = disk.readFile(file).slice(position, position + length);
    entries.push({ index: header.index, type: header.type, file, position, length, bytes });
  }
  return entries;
}
