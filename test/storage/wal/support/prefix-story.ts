import { createHash } from "node:crypto";
import { expect } from "vitest";
import { LogIndex, Offset } from "../../../../src/common/brand.ts";
import type { Frame } from "../../../../src/common/frame.ts";
import type { EntryId } from "../../../../src/raft/types.ts";
import {
  ALL_LOST,
  crashOutcomes,
  everyBoundary,
  type OutcomeLimits,
  type SimDisk,
} from "../../../../src/sim/disk/index.ts";
import type { FileSystem, LogStart, LogStore } from "../../../../src/storage/index.ts";
import { verifyDataDirectory } from "../../../../src/storage/verify.ts";
import { append, bytesOf, data, Heard, LOG, type OpenLog, openLog, other } from "./log-bench.ts";

/** A log as it may be found: what comes before it, and its entries. */
interface World {
  readonly start: LogStart;
  readonly frames: readonly Frame[];
}

export const ORIGIN_STATE = Buffer.from('{"state":1}');

/** Where the log stands after the sealed segment that ends at `index`. */
export function startAfterSegment(log: LogStore, index: number): LogStart {
  const segment = log.segments().find(({ lastIndex }) => lastIndex === index);
  const chain = log.chainAt(LogIndex(index));
  if (segment === undefined || chain === undefined) throw new Error(`no segment ends at ${index}`);
  const term = termAt(log, index);
  const last = { index: LogIndex(index), term };
  return { last, nextOffset: segment.nextOffset, chain, timestamp: segment.lastTimestamp };
}

function termAt(log: LogStore, index: number): EntryId["term"] {
  const { prev, runs } = log.terms();
  let last: number = prev.index;
  for (const { term, count } of runs) {
    last += count;
    if (index <= last) return term;
  }
  throw new Error(`no term of entry ${index} is known`);
}

/** Somewhere another log ended: what a follower that is far behind is given. */
export const FAR_AHEAD: LogStart = {
  last: { index: LogIndex(40), term: 7 as EntryId["term"] },
  nextOffset: Offset(9),
  chain: 0x1234_5678,
  timestamp: 5_000,
};

/**
 * A log whose front goes, and what it promised: a crash leaves one of the worlds that are possible
 * at that moment, with every entry that was told to be durable, and every checkpoint that was.
 */
export class PrefixStory extends Heard {
  possible: readonly World[] = [];
  /** Checkpoints that were told to be durable, and those that may be there as well. */
  readonly saved = new Set<number>();
  readonly begun = new Set<number>();
  required = 0;
  #opened: OpenLog | undefined;

  get opened(): OpenLog {
    if (this.#opened === undefined) throw new Error("the story's log is not open yet");
    return this.#opened;
  }

  get log(): LogStore {
    return this.opened.log;
  }

  override persisted(last: EntryId): void {
    this.required = last.index;
    super.persisted(last);
  }

  async open(fileSystem: FileSystem): Promise<void> {
    this.#opened = await openLog(fileSystem, this);
    for (const { index } of this.opened.data.checkpoints.list()) this.saved.add(index);
    this.possible = [{ start: this.log.start, frames: await framesOf(this.log) }];
    this.required = this.log.durable;
  }

  async append(term: number, count: number): Promise<void> {
    const inputs = Array.from({ length: count }, (_, at) => data(at, 1, 60));
    const frames = append(this.log, term, inputs, undefined, 6_000);
    this.possible = this.possible.map((world) => ({
      ...world,
      frames: [...world.frames, ...frames],
    }));
    await this.until(() => this.durable === this.log.tail.last.index);
  }

  async seal(upTo: number): Promise<void> {
    const count = this.log.segments().filter(({ lastIndex }) => lastIndex < upTo).length;
    this.log.committed(LogIndex(upTo));
    await this.until(
      () => this.log.segments().filter(({ state }) => state === "sealed").length === count,
    );
  }

  async checkpoint(start: LogStart, state: Uint8Array = ORIGIN_STATE): Promise<void> {
    this.begun.add(start.last.index);
    await this.opened.data.checkpoints.save({ start, state });
    this.saved.add(start.last.index);
  }

  async prune(keeps: (index: number) => boolean): Promise<void> {
    for (const index of [...this.saved])
      if (!keeps(index)) {
        this.saved.delete(index);
        this.begun.add(index);
      }
    await this.opened.data.checkpoints.prune(keeps);
  }

  async truncatePrefix(to: number): Promise<void> {
    const start = startAfterSegment(this.log, to);
    const [world] = this.possible;
    if (world === undefined) throw new Error("a story has a world");
    const frames = world.frames.filter(({ header }) => header.index > to);
    this.possible = [world, { start, frames }];
    await this.log.truncatePrefix(LogIndex(to), { snapshot: start.last });
    this.possible = this.possible.slice(-1);
  }

  /** The checkpoint is durable; the entry it ends with lies in this log. */
  async replacePrefix(start: LogStart): Promise<void> {
    const [world] = this.possible;
    if (world === undefined) throw new Error("a story has a world");
    const { index } = start.last;
    const frames = world.frames.filter(({ header }) => header.index > index);
    this.possible = [world, { start, frames }];
    let taken = false;
    await this.log.replacePrefix(start, () => (taken = true));
    expect(taken).toBe(true);
    expect(this.log.start).toEqual(start);
    this.possible = this.possible.slice(-1);
  }

  async reset(start: LogStart): Promise<void> {
    const before = this.required;
    this.possible = [...this.possible, { start, frames: [] }];
    await this.log.reset(start);
    this.possible = [{ start, frames: [] }];
    this.required = Math.max(before, start.last.index);
  }

  async close(): Promise<void> {
    await this.opened.data.close();
    expect(this.failures).toEqual([]);
  }
}

async function framesOf(log: LogStore): Promise<readonly Frame[]> {
  const { parseFrames } = await import("../../../../src/storage/index.ts");
  const { start, tail } = log;
  const run = await log.read(LogIndex(start.last.index + 1), 1 << 20, tail.last.index);
  const runs = [...run.chunks];
  for (let last = run.last.index; last < tail.last.index; ) {
    const next = await log.read(LogIndex(last + 1), 1 << 20, tail.last.index);
    runs.push(...next.chunks);
    last = next.last.index;
  }
  return parseFrames(runs, start.chain);
}

/** Opens what a crash left, and judges it; then that it works, and that it stays. */
export async function expectOneWorld(disk: SimDisk, story: PrefixStory): Promise<void> {
  const first = await openLog(disk.mount());
  const { log } = first;
  const found = await framesOf(log);
  const matches = story.possible.filter(({ start, frames }) => {
    const same = JSON.stringify(start) === JSON.stringify(log.start);
    const last = start.last.index + frames.length;
    const owed = Math.min(last, story.required) - start.last.index;
    const beginning = bytesOf(frames.slice(0, found.length)).equals(bytesOf(found));
    return same && beginning && found.length >= owed;
  });
  if (matches.length === 0)
    expect.fail(`begins after ${log.start.last.index}, has ${found.length} entries`);
  expectCheckpoints(first, story);
  expectNoStrangers(disk, log);
  for await (const { file, what } of verifyDataDirectory(disk.fork().mount(), "data"))
    expect.fail(`verify: ${file}: ${what}`);

  const lost = disk.fork();
  lost.crash(ALL_LOST);
  const second = await openLog(lost.mount());
  expect(second.notes).toEqual([]);
  expect(second.log.tail).toEqual(log.tail);
  expect(second.log.start).toEqual(log.start);
  expectCheckpoints(second, story);

  append(log, log.tail.last.term + 1, [other("noop"), data(1)], undefined, 9_000);
  await first.heard.until(() => first.heard.durable === log.tail.last.index);
  expect((await framesOf(log)).length).toBe(found.length + 2);
  expect(first.heard.failures).toEqual([]);
}

function expectCheckpoints({ data: { checkpoints } }: OpenLog, story: PrefixStory): void {
  const listed = checkpoints.list();
  for (const { file, damage } of listed) expect(damage, file).toBe(undefined);
  const found = listed.map(({ index }) => index);
  for (const index of story.saved) expect(found).toContain(index);
  for (const index of found)
    if (!story.saved.has(index) && !story.begun.has(index)) expect.fail(`checkpoint ${index}`);
}

function expectNoStrangers(disk: SimDisk, log: LogStore): void {
  const wanted = log.segments().flatMap(({ file }) => [file, file.replace(/log$/, "index")]);
  const names = disk.files().filter((path) => path.startsWith(`${LOG}/`));
  expect(names).toEqual(wanted.map((name) => `${LOG}/${name}`).sort());
  const unfinished = disk.files().filter((path) => path.endsWith(".tmp"));
  expect(unfinished).toEqual([]);
}

export type PrefixAct = (story: PrefixStory) => Promise<void>;

/** A disk on which `act` was carried out and the node stopped cleanly. */
export async function diskAfter(act: PrefixAct, from: SimDisk): Promise<SimDisk> {
  const disk = from.fork();
  const story = new PrefixStory();
  await story.open(disk.mount());
  await act(story);
  await story.close();
  disk.kill();
  return disk;
}

export interface TableOptions {
  readonly limits?: OutcomeLimits;
  /** Stops each recovery at every boundary, too. */
  readonly again?: boolean;
  readonly wrap?: (fileSystem: FileSystem) => FileSystem;
}

/** Stops `act` at every boundary, leaves everything that a crash may leave, judges each. */
export async function survivesEveryCrash(
  from: SimDisk,
  act: PrefixAct,
  { limits = {}, again = false, wrap = (fileSystem) => fileSystem }: TableOptions = {},
): Promise<number> {
  const seen = new Set<string>();
  const run = async (fileSystem: FileSystem, story: PrefixStory): Promise<void> => {
    await story.open(wrap(fileSystem));
    await act(story);
    await story.close();
  };
  for await (const stopped of everyBoundary(() => new PrefixStory(), run, from)) {
    const { notes: story } = stopped;
    // Stopped before its log was open: it has promised what the disk before had promised.
    if (story.possible.length === 0) continue;
    for (const outcome of crashOutcomes(stopped.disk, limits)) {
      const label = `stopped ${stopped.label}; ${outcome.label}`;
      if (!isNew(seen, outcome.disk, story)) continue;
      if (again) await crashesOfRecovery(outcome.disk, story, { limits, label, seen });
      await judged(label, expectOneWorld(outcome.disk, story));
    }
  }
  return seen.size;
}

async function crashesOfRecovery(
  disk: SimDisk,
  story: PrefixStory,
  rest: { readonly limits: OutcomeLimits; readonly label: string; readonly seen: Set<string> },
): Promise<void> {
  const reopen = async (fileSystem: FileSystem): Promise<void> => {
    await openLog(fileSystem);
  };
  for await (const recovery of everyBoundary(() => undefined, reopen, disk))
    for (const end of crashOutcomes(recovery.disk, rest.limits)) {
      if (!isNew(rest.seen, end.disk, story)) continue;
      const label = `${rest.label}; recovery ${recovery.label}; ${end.label}`;
      await judged(label, expectOneWorld(end.disk, story));
    }
}

/** Different crashes often leave the same bytes, and the same promises: one of them is enough. */
function isNew(seen: Set<string>, disk: SimDisk, story: PrefixStory): boolean {
  const hash = createHash("sha1");
  for (const path of disk.files())
    for (const bytes of [disk.readFile(path), disk.readDurable(path)])
      hash.update(`${path} ${bytes.length} `).update(bytes);
  for (const { label } of [...disk.pendingChanges(), ...disk.pendingEntries()]) hash.update(label);
  const worlds = story.possible.map(({ start, frames }) => `${start.last.index}+${frames.length}`);
  const promises = `${worlds.join()} ${story.required} ${[...story.saved].join()}`;
  const { size } = seen;
  return seen.add(hash.update(promises).digest("hex")).size > size;
}

async function judged(crash: string, judgement: Promise<void>): Promise<void> {
  await judgement.catch((cause: unknown) => {
    throw new Error(crash, { cause });
  });
}
