import { describe, expect, it } from "vitest";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import { listCompacted } from "../../../src/storage/dump/list-compacted.ts";
import { snapshotFiles } from "../../../src/storage/dump/snapshot-files.ts";
import { encodeCheckpoint } from "../../../src/storage/snapshots/checkpoint-format.ts";
import { checkpointName } from "../../../src/storage/snapshots/checkpoint-name.ts";
import { someCheckpoint } from "../../runtime/snapshots/some-checkpoint.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  SNAPSHOTS,
} from "../compaction/support/prefix-bench.ts";
import { SourceLog } from "../compaction/support/source-log.ts";

/** `data/` with a checkpoint and a compacted prefix of 30 keys, each written twice. */
async function directory() {
  const disk = new SimDisk();
  await newDirectory(disk);
  const fileSystem = disk.mount();
  const source = new SourceLog();
  const { prefix } = await openOn(fileSystem, new FakeHardState());
  for (let i = 0; i < 60; i++) source.entry({ key: `k${i % 30}`, value: "v".repeat(60) });
  source.seal(disk);
  await compactAll(prefix, source);
  await prefix.close();
  const name = checkpointName(source.lastIndex);
  const file = await fileSystem.open(`${SNAPSHOTS}/${name}`, "create");
  await file.write([encodeCheckpoint(someCheckpoint(source.lastIndex))], 0);
  await file.close();
  return { disk, fileSystem, source, checkpoint: `${SNAPSHOTS}/${name}` };
}

describe("the files of snapshots", () => {
  it("are found from a data directory, from its folder, and one by one", async () => {
    const { fileSystem, source, checkpoint } = await directory();
    const all = await snapshotFiles(fileSystem, "data", true);
    expect(all.map(({ kind }) => kind).slice(0, 3)).toEqual([
      "checkpoint",
      "manifest",
      "compacted",
    ]);
    expect(all.map(({ damage }) => damage).filter((damage) => damage !== undefined)).toEqual([]);
    expect(all[0]?.checkpoint?.start.last.index).toBe(source.lastIndex);
    expect(await snapshotFiles(fileSystem, SNAPSHOTS, true)).toEqual(all);
    expect(await snapshotFiles(fileSystem, checkpoint)).toEqual([all[0]]);
  });

  it("tell a flipped bit of each kind by the file's name, and nothing else", async () => {
    const { fileSystem } = await directory();
    const paths = (await snapshotFiles(fileSystem, "data")).map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) {
      const { disk, fileSystem: other } = await directory();
      disk.flip(path, 40);
      const found = await snapshotFiles(other, "data", true);
      const damaged = found.filter(({ damage }) => damage !== undefined);
      expect(damaged.map((one) => one.path)).toEqual([path]);
    }
  });

  it("tell a compacted file that is absent or short without reading it", async () => {
    const { fileSystem } = await directory();
    const all = await snapshotFiles(fileSystem, "data");
    const lost = all.find(({ kind }) => kind === "compacted")?.path ?? "";
    await fileSystem.unlink(lost);
    const [found] = (await snapshotFiles(fileSystem, "data")).filter(({ path }) => path === lost);
    expect(found?.damage).toBe("its manifest names it and it is absent");
  });

  it("are asked for in vain where nothing of a data directory is", async () => {
    const { fileSystem } = await directory();
    await expect(snapshotFiles(fileSystem, "nowhere")).rejects.toMatchObject({ kind: "io" });
    await fileSystem.makeDirectory("other");
    await expect(snapshotFiles(fileSystem, "other")).rejects.toMatchObject({ kind: "config" });
    const absent = `${SNAPSHOTS}/${checkpointName(9999 as never)}`;
    await expect(snapshotFiles(fileSystem, absent)).rejects.toMatchObject({ kind: "io" });
  });
});

describe("the compacted segments of a directory", () => {
  it("are told with how many records survived, by the newest manifest", async () => {
    const { fileSystem } = await directory();
    const segments = await listCompacted(fileSystem, "data");
    expect(segments.reduce((sum, { records }) => sum + records, 0)).toBe(30);
    expect(segments[0]?.baseOffset).toBe(0);
    expect(segments.at(-1)?.nextOffset).toBe(60);
    for (const [at, next] of segments.slice(1).entries())
      expect(next.baseOffset).toBe(segments[at]?.nextOffset);
  });

  it("are none where nothing was compacted, or where one segment file is named", async () => {
    const { fileSystem } = await directory();
    expect(await listCompacted(fileSystem, "data/log/00000000000000000000.log")).toEqual([]);
    expect(await listCompacted(fileSystem, "nowhere")).toEqual([]);
  });

  it("are not guessed where the manifest is damaged", async () => {
    const { disk, fileSystem } = await directory();
    const all = await snapshotFiles(fileSystem, "data");
    disk.flip(all.find(({ kind }) => kind === "manifest")?.path ?? "", 40);
    await expect(listCompacted(fileSystem, "data")).rejects.toMatchObject({ kind: "corruption" });
  });
});
