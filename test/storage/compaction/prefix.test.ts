import { describe, expect, it } from "vitest";
import type { Offset } from "../../../src/common/brand.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import { decodeManifest } from "../../../src/storage/compaction/manifest.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  orderTo,
  readAll,
} from "./support/prefix-bench.ts";
import { SourceLog } from "./support/source-log.ts";

const put = (key: string, value: string) => ({ key, value });
const remove = (key: string) => ({ key, value: undefined });
const bare = (value: string) => ({ key: undefined, value });

async function bench(options: Parameters<typeof openOn>[2] = {}) {
  const disk = new SimDisk();
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const source = new SourceLog();
  const { prefix } = await openOn(disk.mount(), hardState, options);
  return { disk, hardState, source, prefix };
}

const offsets = (records: readonly { offset: number }[]) => records.map(({ offset }) => offset);

describe("the compacted prefix", () => {
  it("keeps the newest record of each key with its offset, and records without key", async () => {
    const { disk, source, prefix } = await bench();
    source.entry().entry(put("a", "1"), put("b", "1"), bare("x"));
    source.seal(disk);
    source.entry(put("a", "2"), put("c", "1")).entry(put("b", "2"));
    source.seal(disk);
    await compactAll(prefix, source);
    const records = await readAll(prefix);
    expect(offsets(records)).toEqual([2, 3, 4, 5]);
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [undefined, "x"],
      ["a", "2"],
      ["c", "1"],
      ["b", "2"],
    ]);
    expect(prefix.upTo).toEqual({ index: 4, nextOffset: 6 });
  });

  it("is the same after a restart", async () => {
    const { disk, source, prefix, hardState } = await bench();
    source.entry(put("a", "1")).entry(put("a", "2"), put("b", "1"));
    source.seal(disk);
    await compactAll(prefix, source);
    const before = await readAll(prefix);
    disk.kill();
    const again = await openOn(disk.mount(), hardState);
    expect(await readAll(again.prefix)).toEqual(before);
    expect(again.prefix.upTo).toEqual({ index: 2, nextOffset: 3 });
    expect(again.notes).toEqual([]);
  });

  it("drops a tombstone once its retention is over, counted from its first snapshot", async () => {
    const { disk, source, prefix } = await bench();
    const rules = { deleteRetentionMs: 500 };
    source.entry(put("a", "1"), remove("a"));
    source.seal(disk);
    source.timestamp += 100;
    await compactAll(prefix, source, rules);
    expect(offsets(await readAll(prefix))).toEqual([1]);
    source.timestamp += 499;
    source.entry(put("b", "1"));
    source.seal(disk);
    await compactAll(prefix, source, rules);
    expect(offsets(await readAll(prefix))).toEqual([1, 2]);
    source.timestamp += 1;
    source.entry(put("c", "1"));
    source.seal(disk);
    await compactAll(prefix, source, rules);
    expect(offsets(await readAll(prefix))).toEqual([2, 3]);
  });

  it("keeps what is younger than the lag, and drops it by a later order", async () => {
    const { disk, source, prefix } = await bench();
    const rules = { minCompactionLagMs: 50 };
    source.entry(put("a", "1"));
    source.timestamp += 100;
    source.entry(put("a", "2")).entry(put("a", "3"));
    source.seal(disk);
    await compactAll(prefix, source, rules);
    expect(offsets(await readAll(prefix))).toEqual([1, 2]);
    source.timestamp += 100;
    source.entry(put("b", "1"));
    source.seal(disk);
    await compactAll(prefix, source, rules);
    expect(offsets(await readAll(prefix))).toEqual([2, 3]);
  });

  it("leaves the segments alone when too little is dirty", async () => {
    const { disk, source, prefix, hardState } = await bench();
    for (let i = 0; i < 20; i++) source.entry(put(`k${i}`, "x".repeat(50)));
    source.seal(disk);
    await compactAll(prefix, source);
    source.entry(put("k0", "y"));
    source.seal(disk);
    const order = orderTo(source, { minCleanableDirtyRatio: 0.5 });
    expect(await prefix.compact(order, source.segments.slice(1))).toMatchObject({
      kind: "skipped",
    });
    expect(prefix.upTo.index).toBe(20);
    expect(hardState.current.compactedTo).toBe(20);
    expect(prefix.counters).toMatchObject({ runs: 1, skipped: 1 });
  });

  it("reads from any offset, and finds times", async () => {
    const { disk, source, prefix } = await bench();
    for (let i = 0; i < 400; i++) {
      source.timestamp += 10;
      source.entry(put(`k${i % 150}`, `${i} ${"x".repeat(300)}`), bare(`${i}`));
    }
    source.seal(disk);
    await compactAll(prefix, source, { segmentBytes: 60_000 });
    expect(prefix.segments().length).toBeGreaterThan(1);
    const all = await readAll(prefix);
    for (let from = 0; from < 800; from += 37) {
      const rest = all.filter(({ offset }) => offset >= from);
      expect(await readAll(prefix, from, 1)).toEqual(rest);
      const { timestamp } = source.records[from] as { timestamp: number };
      const found = all.find((record) => record.timestamp >= timestamp);
      expect(await prefix.locateTime(timestamp)).toBe(found?.offset);
    }
    expect(await prefix.locateTime(source.timestamp + 1)).toBeUndefined();
  });

  it("drops whole files below the log start by a trim", async () => {
    const { disk, source, prefix, hardState } = await bench();
    for (let i = 0; i < 60; i++) source.entry(put(`k${i}`, "x".repeat(100)));
    source.seal(disk);
    await compactAll(prefix, source);
    const [, second, third] = prefix.segments();
    expect(prefix.heldFrom).toBe(0);
    const start = ((third?.baseOffset ?? 0) + 1) as Offset;
    await prefix.trim(start);
    expect(prefix.segments()[0]).toEqual(third);
    expect(disk.files().some((path) => path.endsWith(second?.file ?? ""))).toBe(false);
    disk.kill();
    const again = await openOn(disk.mount(), hardState);
    expect(again.prefix.segments()).toEqual(prefix.segments());
    expect(again.prefix.heldFrom).toBe(start);
  });

  // A node that was sent it showed holes where its leader says that the log begins later: seed 515.
  it("says from where on it is held, to whom it is sent as well", async () => {
    const { disk, source, prefix, hardState } = await bench();
    source.entry(put("a", "1")).entry(bare("x")).entry(bare("y"));
    source.seal(disk);
    const order = { ...orderTo(source), logStartOffset: 2 as Offset };
    await prefix.compact(order, source.segments);
    expect(prefix.heldFrom).toBe(2);
    expect(offsets(await readAll(prefix))).toEqual([2]);
    const { files } = await prefix.exportFiles();
    const bytes = new Uint8Array(files[0]?.bytes ?? 0);
    await files[0]?.read(bytes, 0);
    expect(decodeManifest(bytes)).toMatchObject({ logStartOffset: 2, nextOffset: 3 });
    disk.kill();
    expect((await openOn(disk.mount(), hardState)).prefix.heldFrom).toBe(2);
  });

  it("does not say so where nothing was trimmed: such a manifest may be older", async () => {
    const { disk, source, prefix } = await bench();
    source.entry(put("a", "1"));
    source.seal(disk);
    await compactAll(prefix, source);
    const [path = ""] = disk.files().filter((file) => file.endsWith(".manifest"));
    expect(Buffer.from(disk.readFile(path)).includes("logStartOffset")).toBe(false);
    expect(decodeManifest(disk.readFile(path))).toMatchObject({ logStartOffset: 0 });
  });
});
