import { describe, expect, it } from "vitest";
import type { LogIndex, Offset } from "../../../src/common/brand.ts";
import { batchCodec } from "../../../src/runtime/batch-codec.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import {
  type CompactedPrefix,
  inlineWorkers,
  type StagedFile,
} from "../../../src/storage/compaction/index.ts";
import type { FileSystem } from "../../../src/storage/index.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  orderTo,
  readAll,
  recordsOfRun,
  SNAPSHOTS,
  viewOf,
} from "./support/prefix-bench.ts";
import { SourceLog, type SourceRecord } from "./support/source-log.ts";

const value = "v".repeat(60);

/** `keys` records, each key once, in files of about 2000 bytes. */
async function bench(keys = 60, disk = new SimDisk()) {
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const source = new SourceLog();
  const fileSystem = disk.mount();
  const { prefix } = await openOn(fileSystem, hardState);
  for (let i = 0; i < keys; i++) source.entry({ key: `k${i}`, value });
  source.seal(disk);
  await compactAll(prefix, source);
  return { disk, fileSystem, hardState, source, prefix };
}

/** Supersedes every third key. */
function supersede(source: SourceLog, disk: SimDisk): void {
  for (let i = 0; i < 60; i += 3) source.entry({ key: `k${i}`, value: "new" });
  source.seal(disk);
}

describe("a reader", () => {
  it("sees no record twice and every newest one while files are replaced under it", async () => {
    const { disk, source, prefix } = await bench();
    const seen: SourceRecord[] = [];
    for (let next = 0; next < prefix.upTo.nextOffset; ) {
      const grows = source.segments.length < 5;
      if (grows) supersede(source, disk);
      const [read] = await Promise.all([
        prefix.read(next as Offset, 200),
        grows ? compactAll(prefix, source) : undefined,
      ]);
      for (const record of recordsOfRun(read)) {
        if (record.offset < next) continue;
        expect(record.offset).toBeGreaterThan(seen.at(-1)?.offset ?? -1);
        seen.push(record);
      }
      next = read.nextOffset;
    }
    expect(viewOf(seen)).toEqual(viewOf(source.records));
    expect(await readAll(prefix)).toHaveLength(60);
  });

  it("keeps the file that it reads until it is done", async () => {
    const { disk, source, prefix, hardState } = await bench();
    const before = new Map((await readAll(prefix)).map((record) => [record.offset, record]));
    const exported = await prefix.exportFiles();
    supersede(source, disk);
    await compactAll(prefix, source);
    const [first] = exported.files.slice(1);
    const bytes = new Uint8Array(first?.bytes ?? 0);
    expect(await first?.read(bytes, 0)).toBe(first?.bytes);
    expect(disk.files()).toContain(`${SNAPSHOTS}/${first?.name}`);
    await exported.release();
    await exported.release();
    expect(disk.files()).not.toContain(`${SNAPSHOTS}/${first?.name}`);
    expect(before.size).toBe(60);
    disk.kill();
    const again = await openOn(disk.mount(), hardState);
    expect(again.notes).toEqual([]);
  });
});

describe("a run", () => {
  it("that is stopped changes nothing, and the next one goes all the way", async () => {
    const { disk, fileSystem, hardState, source, prefix } = await bench();
    const before = disk.files();
    supersede(source, disk);
    await prefix.close();
    let pauses = 0;
    const stopping = new AbortController();
    const workers = inlineWorkers({
      fileSystem,
      codec: batchCodec,
      pause: async () => {
        if (++pauses === 6) stopping.abort();
      },
    });
    const again = await openOn(fileSystem, hardState, { workers, bytesPerSecond: 500 });
    const order = orderTo(source);
    const fresh = source.segments.slice(1);
    const { signal } = stopping;
    await expect(again.prefix.compact(order, fresh, { signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    const log = source.segments.map(({ file }) => `data/log/${file}`);
    expect(disk.files().filter((path) => !log.includes(path))).toEqual(
      before.filter((path) => !log.includes(path)),
    );
    expect(again.prefix.upTo.index).toBe(60);
    await again.prefix.compact(order, fresh);
    expect(await readAll(again.prefix)).toHaveLength(60);
  });

  it("reads and writes no faster than it may", async () => {
    const { disk, fileSystem, hardState, source } = await bench();
    supersede(source, disk);
    let pausedMs = 0;
    const workers = inlineWorkers({
      fileSystem,
      codec: batchCodec,
      pause: async (delayMs) => {
        pausedMs += delayMs;
      },
    });
    const { prefix } = await openOn(fileSystem, hardState, { workers, bytesPerSecond: 1000 });
    await compactAll(prefix, source);
    const { bytesRead, bytesWritten } = prefix.counters;
    expect(pausedMs).toBeLessThanOrEqual(bytesRead + bytesWritten);
    expect(pausedMs).toBeGreaterThan(bytesRead + bytesWritten - 1000);
  });

  it("fails when the disk does, leaves no unfinished file, and can be tried again", async () => {
    const { disk, source, prefix } = await bench();
    supersede(source, disk);
    const before = disk.files();
    disk.capacityBytes = 8000;
    await expect(compactAll(prefix, source)).rejects.toMatchObject({ name: "FatalError" });
    expect(disk.files()).toEqual(before);
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await compactAll(prefix, source);
    expect(await readAll(prefix)).toHaveLength(60);
  });
});

/** Copies an export to where a transfer stages what it receives. */
async function stage(from: CompactedPrefix, fileSystem: FileSystem): Promise<StagedFile[]> {
  const exported = await from.exportFiles();
  const staged: StagedFile[] = [];
  for (const { name, bytes, read } of exported.files) {
    const content = new Uint8Array(bytes);
    await read(content, 0);
    const path = `${SNAPSHOTS}/incoming.${staged.length}`;
    const file = await fileSystem.open(path, "create");
    await file.write([content], 0);
    await file.sync();
    await file.close();
    staged.push({ name, path });
  }
  await exported.release();
  return staged;
}

describe("an installed set", () => {
  it("takes the place of what was there once the hard state names it", async () => {
    const leader = await bench();
    supersede(leader.source, leader.disk);
    await compactAll(leader.prefix, leader.source);
    const follower = await bench(10);
    const staged = await stage(leader.prefix, follower.fileSystem);
    const own = await readAll(follower.prefix);
    const prepared = await follower.prefix.install(staged);
    expect(await readAll(follower.prefix)).toEqual(own);
    expect(prepared).toMatchObject(leader.prefix.upTo);
    await follower.hardState.update({ compactedTo: prepared.index });
    await prepared.adopt();
    const records = await readAll(leader.prefix);
    expect(await readAll(follower.prefix)).toEqual(records);
    follower.disk.kill();
    const again = await openOn(follower.disk.mount(), follower.hardState);
    expect(await readAll(again.prefix)).toEqual(records);
  });

  it("is removed at the next start when the hard state did not name it", async () => {
    const leader = await bench();
    const follower = await bench(10);
    const own = await readAll(follower.prefix);
    await follower.prefix.install(await stage(leader.prefix, follower.fileSystem));
    follower.disk.kill();
    const again = await openOn(follower.disk.mount(), follower.hardState);
    expect(await readAll(again.prefix)).toEqual(own);
    expect(again.notes).toHaveLength(1);
  });

  it("mends damage when it is the same snapshot", async () => {
    const leader = await bench();
    const follower = await bench();
    const file = follower.prefix.segments()[0]?.file ?? "";
    follower.disk.flip(`${SNAPSHOTS}/${file}`, 100);
    await expect(readAll(follower.prefix)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(follower.prefix.damage).toHaveLength(1);
    const prepared = await follower.prefix.install(await stage(leader.prefix, follower.fileSystem));
    await prepared.adopt();
    expect(follower.prefix.damage).toEqual([]);
    expect(await readAll(follower.prefix)).toEqual(await readAll(leader.prefix));
    expect(follower.disk.files()).not.toContain(`${SNAPSHOTS}/${file}`);
  });

  it("is refused when it is not whole", async () => {
    const leader = await bench();
    const follower = await bench(10);
    const staged = await stage(leader.prefix, follower.fileSystem);
    const [manifest, ...files] = staged;
    await expect(follower.prefix.install(files)).rejects.toMatchObject({ code: "CORRUPT" });
    const lacking = [manifest, ...files.slice(1)].filter((one) => one !== undefined);
    await expect(follower.prefix.install(lacking)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(follower.prefix.upTo.index).toBe(10 as LogIndex);
  });

  it("ends a run under way, and one that waits: they would have the last word", async () => {
    const leader = await bench();
    const { source, prefix, hardState, fileSystem } = await bench(10);
    const files = await stage(leader.prefix, fileSystem);
    const runs = [compactAll(prefix, source), compactAll(prefix, source)];
    const prepared = await prefix.install(files);
    const late = compactAll(prefix, source);
    for (const run of [...runs, late]) await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    await hardState.update({ compactedTo: prepared.index });
    await prepared.adopt();
    expect(prefix.upTo).toEqual(leader.prefix.upTo);
    expect(hardState.current.compactedTo).toBe(prepared.index);
  });

  it("can be read before the hard state names it, and is removed if that never comes", async () => {
    const leader = await bench();
    const follower = await bench(10);
    const own = await readAll(follower.prefix);
    const prepared = await follower.prefix.install(await stage(leader.prefix, follower.fileSystem));
    prepared.show();
    expect(follower.prefix.upTo).toEqual(leader.prefix.upTo);
    expect(await readAll(follower.prefix)).toEqual(await readAll(leader.prefix));
    follower.disk.kill();
    const again = await openOn(follower.disk.mount(), follower.hardState);
    expect(await readAll(again.prefix)).toEqual(own);
  });

  it("may be none: nothing is compacted then", async () => {
    const { prefix, disk, fileSystem, hardState } = await bench(10);
    const prepared = await prefix.install([]);
    expect(prepared.index).toBe(0);
    await hardState.update({ compactedTo: prepared.index });
    await prepared.adopt();
    expect(prefix.upTo).toEqual({ index: 0, nextOffset: 0 });
    expect(disk.files().filter((path) => /compacted|manifest/.test(path))).toEqual([]);
    const again = await openOn(fileSystem, hardState);
    expect(again.notes).toEqual([]);
  });
});
