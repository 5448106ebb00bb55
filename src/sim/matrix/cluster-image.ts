import { assert } from "../../common/assert.ts";
import type { LogIndex, NodeId } from "../../common/brand.ts";
import type { EntryType } from "../../common/frame.ts";
import { dumpFrames } from "../../storage/dump/dump-frames.ts";
import type { SegmentStatus } from "../../storage/types.ts";
import { encodeRecordBatch } from "../../wire/record-batch.ts";
import { isLeader, type SimHost } from "../host.ts";
import { World } from "../world.ts";
import type { WorldOptions } from "../world-options.ts";
import { PlainContents } from "./plain-contents.ts";
import { giveOrder, type ImageKind, RECIPES } from "./image-recipes.ts";

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
  readonly kind: ImageKind;
  readonly options: WorldOptions;
  readonly disks: ReadonlyMap<NodeId, ReadonlyMap<string, Uint8Array>>;
  /** Those that the log itself holds: what was let go or compacted is in none of them. */
  readonly entries: readonly PlacedEntry[];
  /** Values that were acknowledged and that every node still serves, by ascending offset. */
  readonly values: readonly string[];
  /** Paths of the segments that no entry is appended to any more. */
  readonly sealedFiles: ReadonlySet<string>;
  /** Those of them that are compressed. */
  readonly compressedFiles: ReadonlySet<string>;
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
const LIMIT_MS = 60_000;

/** A cluster forms, takes appends that fill segments and begin the next, and is stopped. */
export async function prepareImage(kind: ImageKind = "plain", seed = 1): Promise<ClusterImage> {
  const { settings, compression, appendsBefore, keyOf, order, appendsAfter } = RECIPES[kind];
  const options = { ...SIZES, settings, compression };
  const world = new World(seed, options);
  for (const host of world.hosts) world.start(host);
  const appended: KeyedValue[] = [];
  const append = async (count: number) => {
    for (let number = appended.length, end = number + count; number < end; number++) {
      const record = { value: `value-${number}`, key: keyOf(number) };
      await acknowledged(world, record);
      appended.push(record);
    }
  };
  await append(appendsBefore);
  if (order !== undefined) {
    await giveOrder(world, order);
    await append(appendsAfter);
  }
  const settled = await world.runUntil(() => sameEverywhere(world), LIMIT_MS);
  assert(settled, "the nodes of the image hold the same");
  const cold = () => compression === undefined || world.running.every(isCompressed);
  assert(await world.runUntil(cold, LIMIT_MS), "what is cold is compressed");
  const [first] = world.running;
  const { segments = [], logStartOffset = 0 } = first?.node?.status() ?? {};
  const compactedTo = compactedOffset(kind, segments);
  const sealed = segments.filter(({ state }) => state === "sealed");
  await stopCleanly(world);
  const disks = new Map(
    world.hosts.map(({ nodeId, disk }) => [
      nodeId,
      new Map(disk.files().map((path) => [path, disk.readFile(path)])),
    ]),
  );
  const compressed = sealed.filter(({ storedBytes }) => storedBytes !== undefined);
  return {
    ...{ kind, options, disks, entries: await entriesOf(world) },
    values: servedOf(appended, logStartOffset, compactedTo),
    sealedFiles: pathsOf(sealed),
    compressedFiles: pathsOf(compressed),
  };
}

function pathsOf(segments: readonly SegmentStatus[]): ReadonlySet<string> {
  return new Set(segments.map(({ file }) => `${DATA_DIRECTORY}/log/${file}`));
}

/** All sealed segments but the newest. */
function isCompressed({ node }: SimHost): boolean {
  const sealed = node?.status().segments.filter(({ state }) => state === "sealed") ?? [];
  return sealed.length > 1 && sealed.slice(0, -1).every((one) => one.storedBytes !== undefined);
}

interface KeyedValue {
  readonly value: string;
  readonly key: string | undefined;
}

/** Where the log itself begins, if what lies before it was compacted. */
function compactedOffset(kind: ImageKind, segments: readonly SegmentStatus[]): number {
  return kind === "compacted" ? (segments[0]?.baseOffset ?? 0) : 0;
}

/** Each append was one record, so its number is its offset. Worked out from the rules alone. */
function servedOf(
  appended: readonly KeyedValue[],
  logStartOffset: number,
  compactedTo: number,
): readonly string[] {
  const newest = new Map<string | undefined, number>();
  for (const [offset, { key }] of appended.slice(0, compactedTo).entries()) newest.set(key, offset);
  return appended.flatMap(({ value, key }, offset) => {
    if (offset < logStartOffset) return [];
    const kept = offset >= compactedTo || key === undefined || newest.get(key) === offset;
    return kept ? [nameIn(value, key)] : [];
  });
}

/** As `readLog` names it. */
function nameIn(value: string, key: string | undefined): string {
  return key === undefined ? value : `${value}@${key}`;
}

/** The payload of one record, as `readLog` reads it back. */
export function payloadOf(value: string, key?: string): Uint8Array {
  const text = Buffer.from(`${value}|${"x".repeat(48)}`);
  return encodeRecordBatch([
    { key: key === undefined ? key : Buffer.from(key), value: text, headers: [] },
  ]);
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

async function acknowledged(world: World, { value, key }: KeyedValue): Promise<void> {
  let done = false;
  for (let tries = 0; !done; tries++) {
    assert(tries < 200, "an append to a healthy cluster gets through");
    const leader = world.running.find((host) => isLeader(host) && host.node?.healthy === true);
    let answered = leader === undefined;
    leader?.node?.append(
      { payload: payloadOf(value, key), recordCount: 1, producer: undefined },
      (result) => {
        answered = true;
        done ||= !(result instanceof Error);
      },
    );
    await world.runUntil(() => answered && leader !== undefined, leader ? LIMIT_MS : 100);
  }
}

async function entriesOf(world: World): Promise<readonly PlacedEntry[]> {
  const disk = world.hosts[0]?.disk;
  assert(disk !== undefined, "a world has a node");
  const entries: PlacedEntry[] = [];
  const contents = new PlainContents(disk);
  for await (const frame of dumpFrames(contents.fileSystem, DATA_DIRECTORY)) {
    const { file, position, length, header, fault } = frame;
    if (fault !== undefined || header === undefined || length === undefined) continue;
    const bytes = (await contents.of(file)).slice(position, position + length);
    entries.push({ index: header.index, type: header.type, file, position, length, bytes });
  }
  return entries;
}
