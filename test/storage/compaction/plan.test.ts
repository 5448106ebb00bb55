import { describe, expect, it } from "vitest";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { CompactionRules } from "../../../src/storage/compaction/index.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  readAll,
} from "./support/prefix-bench.ts";
import { SourceLog } from "./support/source-log.ts";

const value = "v".repeat(80);

async function bench(rules: Partial<CompactionRules>) {
  const disk = new SimDisk();
  await newDirectory(disk);
  const source = new SourceLog();
  const { prefix } = await openOn(disk.mount(), new FakeHardState());
  /** One segment of these keys, a record each, and an order. */
  const take = async (...keys: readonly (string | number)[]): Promise<void> => {
    for (const key of keys) source.entry({ key: `k${key}`, value });
    source.seal(disk);
    await compactAll(prefix, source, rules);
  };
  const files = () => prefix.segments().map(({ file }) => file);
  return { source, prefix, take, files };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a plan by key", () => {
  it("leaves large files alone that lose nothing", async () => {
    const { take, files, prefix } = await bench({ strategy: "key" });
    await take(...range(40));
    const before = files();
    await take("new");
    expect(files().slice(0, -1)).toEqual(before.slice(0, files().length - 1));
    await take(0);
    expect(files()[0]).not.toBe(before[0]);
    expect(files()[1]).toBe(before[1]);
    expect(await readAll(prefix)).toHaveLength(41);
  });
});

describe("a plan by merge", () => {
  it("joins small neighbours, and compares everything once more than half is dirty", async () => {
    const { take, files, prefix } = await bench({ strategy: "merge" });
    await take(...range(40));
    const large = files().slice(0, 2);
    await take(0, 1);
    await take(2, 3);
    // The superseded records are in files that it did not look at.
    expect(files().slice(0, 2)).toEqual(large);
    expect(await readAll(prefix)).toHaveLength(44);
    await take(...range(40));
    expect(await readAll(prefix)).toHaveLength(40);
  });
});

describe("a plan by windows of time", () => {
  it("merges a window's files once, when it is complete", async () => {
    const { take, files, prefix, source } = await bench({
      strategy: "time-window",
      windowMs: 1000,
    });
    await take("a", "a", "b");
    await take("a");
    expect(files()).toHaveLength(2);
    source.timestamp = 2000;
    await take("a");
    expect(files()).toHaveLength(2);
    const records = await readAll(prefix);
    expect(records.map(({ offset }) => offset)).toEqual([2, 3, 4]);
    const [settled] = files();
    source.timestamp = 3000;
    await take("a");
    source.timestamp = 4000;
    await take("b");
    expect(files()[0]).toBe(settled);
    expect((await readAll(prefix)).map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6]);
  });
});

describe("a plan by tiers", () => {
  it("makes one file of four neighbours of a size", async () => {
    const { take, files, prefix } = await bench({ strategy: "tiered", segmentBytes: 20_000 });
    await take(...range(40));
    const [large] = files();
    for (const key of [0, 0, 0]) await take(key);
    expect(files()).toHaveLength(4);
    await take(0);
    // The fourth comes as a segment, whose footer is longer: it is joined by the next order.
    await take(0);
    expect(files().length).toBeLessThan(5);
    expect(files()[0]).toBe(large);
    expect((await readAll(prefix)).at(-1)).toMatchObject({ key: "k0", offset: 44 });
  });
});
