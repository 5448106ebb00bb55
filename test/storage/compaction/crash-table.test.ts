import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { CompactionRules } from "../../../src/storage/compaction/index.ts";
import type { FileSystem } from "../../../src/storage/index.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  orderTo,
  readAll,
  SNAPSHOTS,
} from "./support/prefix-bench.ts";
import { SourceLog, type SourceRecord } from "./support/source-log.ts";
import { withoutDirectorySync, withoutSync } from "../../support/altered-file-system.ts";

const LIMITS = { grainBytes: 512, maxTears: 3, maxSubsetOf: 3 };

interface Beginning {
  readonly disk: SimDisk;
  readonly source: SourceLog;
  /** What the prefix holds at each index that it may be compacted to. */
  readonly states: ReadonlyMap<number, readonly SourceRecord[]>;
  readonly compactedTo: FakeHardState["current"];
}

/** A prefix of several files, and two segments behind it that supersede some of their records. */
async function beginning(rules: Partial<CompactionRules>): Promise<Beginning> {
  const disk = new SimDisk();
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const source = new SourceLog();
  const { prefix } = await openOn(disk.mount(), hardState);
  const value = "v".repeat(90);
  for (let i = 0; i < 30; i++) source.entry({ key: `k${i % 25}`, value });
  source.seal(disk);
  await compactAll(prefix, source, rules);
  const states = new Map([[prefix.upTo.index as number, await readAll(prefix)]]);
  for (const key of ["k3", "k9", "new"]) {
    source.entry({ key, value }, { key: undefined, value });
    source.entry({ key, value: undefined });
    source.seal(disk);
  }
  disk.kill();
  const whole = disk.fork();
  const after = await openOn(whole.mount(), Object.assign(new FakeHardState(), hardState));
  await compactAll(after.prefix, source, rules);
  states.set(after.prefix.upTo.index, await readAll(after.prefix));
  return { disk, source, states, compactedTo: hardState.current };
}

function hardStateOf({ compactedTo }: Pick<Beginning, "compactedTo">): FakeHardState {
  return Object.assign(new FakeHardState(), { current: compactedTo });
}

/** Stops a compaction at every boundary; after any crash the prefix is the old or the new one. */
async function survivesEveryCrash(
  from: Beginning,
  rules: Partial<CompactionRules>,
  wrap = (fileSystem: FileSystem): FileSystem => fileSystem,
): Promise<number> {
  const seen = new Set<string>();
  const run = async (fileSystem: FileSystem, hardState: FakeHardState): Promise<void> => {
    const { prefix } = await openOn(wrap(fileSystem), hardState);
    await compactAll(prefix, from.source, rules);
  };
  const runs = everyBoundary(() => hardStateOf(from), run, from.disk);
  for await (const { label, disk, notes: hardState } of runs)
    for (const outcome of crashOutcomes(disk, LIMITS)) {
      const key = stateOf(outcome.disk, hardState);
      if (seen.has(key)) continue;
      seen.add(key);
      const crash = `stopped ${label}; ${outcome.label}`;
      await judge(from, outcome.disk, hardState, rules).catch((cause: unknown) => {
        throw new Error(crash, { cause });
      });
    }
  return seen.size;
}

async function judge(
  from: Beginning,
  disk: SimDisk,
  crashed: FakeHardState,
  rules: Partial<CompactionRules>,
): Promise<void> {
  const hardState = hardStateOf({ compactedTo: crashed.current });
  const { prefix } = await openOn(disk.mount(), hardState);
  expect(await readAll(prefix)).toEqual(from.states.get(prefix.upTo.index));
  const { length } = prefix.segments();
  const left = disk.files().filter((path) => path.startsWith(SNAPSHOTS));
  expect(left).toHaveLength(length + 1);
  if (prefix.upTo.index === from.source.lastIndex) return;
  await compactAll(prefix, from.source, rules);
  expect(await readAll(prefix)).toEqual(from.states.get(from.source.lastIndex));
}

function stateOf(disk: SimDisk, hardState: FakeHardState): string {
  const hash = createHash("sha1").update(String(hardState.current.compactedTo));
  for (const path of disk.files().filter((name) => name.startsWith(SNAPSHOTS)))
    for (const bytes of [disk.readFile(path), disk.readDurable(path)])
      hash.update(`${path} ${bytes.length} `).update(bytes);
  for (const { label } of [...disk.pendingChanges(), ...disk.pendingEntries()]) hash.update(label);
  return hash.digest("hex");
}

describe("a crash at every boundary, whatever it leaves, during", () => {
  it.each(["key", "merge"] as const)("a compaction by %s", async (strategy) => {
    const from = await beginning({ strategy });
    expect(await survivesEveryCrash(from, { strategy })).toBeGreaterThan(30);
  });

  it("the first compaction", async () => {
    const disk = new SimDisk();
    await newDirectory(disk);
    const source = new SourceLog();
    for (let i = 0; i < 9; i++) source.entry({ key: `k${i % 4}`, value: "1" });
    source.seal(disk);
    const whole = disk.fork();
    const { prefix } = await openOn(whole.mount(), new FakeHardState());
    await prefix.compact(orderTo(source), source.segments);
    const states = new Map([[prefix.upTo.index as number, await readAll(prefix)]]);
    const { current: compactedTo } = new FakeHardState();
    const run = async (fileSystem: FileSystem, hardState: FakeHardState): Promise<void> => {
      const opened = await openOn(fileSystem, hardState);
      await opened.prefix.compact(orderTo(source), source.segments);
    };
    const runs = everyBoundary(() => hardStateOf({ compactedTo }), run, disk);
    for await (const { disk: stopped, notes } of runs)
      for (const outcome of crashOutcomes(stopped, LIMITS)) {
        const again = await openOn(
          outcome.disk.mount(),
          hardStateOf({ compactedTo: notes.current }),
        );
        if (again.prefix.upTo.index === 0) await compactAll(again.prefix, source);
        expect(await readAll(again.prefix)).toEqual(states.get(source.lastIndex));
      }
  });

  it.each([
    ["a compacted file is not synced", (disk) => withoutSync(/\.compacted\.tmp$/, disk)],
    ["the manifest is not synced", (disk) => withoutSync(/\.manifest\.tmp$/, disk)],
    ["the directory is not synced", withoutDirectorySync],
  ])("is caught when %s", async (_name, fault) => {
    const from = await beginning({});
    await expect(survivesEveryCrash(from, {}, fault)).rejects.toThrow(/^stopped/);
  });
});
