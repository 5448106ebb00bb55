import { describe, expect, it } from "vitest";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { CompactedPrefix } from "../../../src/storage/compaction/index.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  orderTo,
  readAll,
  SNAPSHOTS,
} from "./support/prefix-bench.ts";
import { LOG, SourceLog } from "./support/source-log.ts";

/** A small prefix: one file, two frames of several records, and its manifest. */
async function smallPrefix() {
  const disk = new SimDisk();
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const source = new SourceLog();
  source.entry({ key: "a", value: "1" }, { key: "b", value: "1" }, { key: undefined, value: "x" });
  source.entry({ key: "a", value: "2" });
  source.seal(disk);
  const { prefix } = await openOn(disk.mount(), hardState);
  await compactAll(prefix, source);
  const file = `${SNAPSHOTS}/${prefix.segments()[0]?.file}`;
  const manifest = disk.files().find((path) => path.endsWith(".manifest")) as string;
  const records = await readAll(prefix);
  return { disk, hardState, source, prefix, file, manifest, records };
}

async function scrubRound(prefix: CompactedPrefix): Promise<void> {
  while (!(await prefix.scrub(100)).roundEnded);
}

describe("a read that fails", () => {
  // Story: simulator seed 71763. One EIO while the manifest was looked at was taken for damage, and
  // the node compacted nothing for ever, though its files were whole.
  it.each([/\.manifest$/, /\.compacted$/])("is the disk's fault, not damage: %s", async (path) => {
    const { disk, prefix } = await smallPrefix();
    disk.fault({ operation: "read", path, effect: "fail" });
    await expect(scrubRound(prefix)).rejects.toMatchObject({ name: "FatalError", kind: "io" });
    expect(prefix.damage).toEqual([]);
    await scrubRound(prefix);
    expect(prefix.damage).toEqual([]);
  });
});

describe("a flipped byte", () => {
  it("anywhere in a compacted file is named by the scrubber, and is never served", async () => {
    const { disk, prefix, file, records } = await smallPrefix();
    await scrubRound(prefix);
    expect(prefix.damage).toEqual([]);
    const { length } = disk.readFile(file);
    for (let byte = 0; byte < length; byte++) {
      const damaged = disk.fork();
      damaged.flip(file, byte, 0x10);
      const hardState = Object.assign(new FakeHardState(), {
        current: { compactedTo: prefix.upTo.index },
      });
      const opened = await openOn(damaged.mount(), hardState).catch((error: unknown) => error);
      if (opened instanceof Error) {
        expect(opened).toMatchObject({ name: "FatalError", kind: "corruption" });
        expect(opened.message).toContain(file);
        expect(opened.message).toMatch(/byte \d+/);
        continue;
      }
      const { prefix: again } = opened as { prefix: CompactedPrefix };
      const seen = await readAll(again).catch((error: unknown) => error);
      if (seen instanceof Error) expect(seen).toMatchObject({ code: "CORRUPT" });
      else expect(seen).toEqual(records);
      await scrubRound(again);
      expect(again.damage.length).toBeGreaterThan(0);
      for (const { file: name, position } of again.damage) {
        expect(file).toContain(name);
        expect(position).toBeLessThanOrEqual(byte);
      }
    }
  });

  it("anywhere in the manifest stops the start, and is named by the scrubber", async () => {
    const { disk, prefix, manifest } = await smallPrefix();
    for (let byte = 0; byte < disk.readFile(manifest).length; byte++) {
      disk.flip(manifest, byte);
      const hardState = Object.assign(new FakeHardState(), {
        current: { compactedTo: prefix.upTo.index },
      });
      await expect(openOn(disk.mount(), hardState)).rejects.toThrow(manifest);
      if (byte % 16 === 0) {
        await scrubRound(prefix);
        expect(prefix.damage).toMatchObject([{ position: 0, what: "the manifest is damaged" }]);
      }
      disk.flip(manifest, byte);
    }
  });

  it("in a sealed segment ends the run, names the place, and changes nothing", async () => {
    const { disk, source, prefix, hardState, records } = await smallPrefix();
    source.entry({ key: "b", value: "2" }).entry({ key: "c", value: "1" });
    const { file } = source.seal(disk);
    const before = disk.files();
    disk.flip(`${LOG}/${file}`, 90);
    const order = orderTo(source);
    await expect(prefix.compact(order, source.segments.slice(1))).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining(`${file}: byte 0`) as string,
    });
    expect(disk.files()).toEqual(before);
    expect(await readAll(prefix)).toEqual(records);
    expect(hardState.current.compactedTo).toBe(2);
    expect(prefix.damage).toEqual([]);
    disk.flip(`${LOG}/${file}`, 90);
    await compactAll(prefix, source);
    expect((await readAll(prefix)).map(({ offset }) => offset)).toEqual([2, 3, 4, 5]);
  });

  it("in a compacted file that a run reads ends the run, and is known from then on", async () => {
    const { disk, source, prefix, file } = await smallPrefix();
    source.entry({ key: "b", value: "2" });
    source.seal(disk);
    disk.flip(file, 95);
    await expect(compactAll(prefix, source)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(prefix.damage).toMatchObject([{ position: 0 }]);
  });
});

describe("the start", () => {
  it.each(["compacted", "manifest"])("names a .%s file that is absent", async (kind) => {
    const { disk, prefix, file, manifest } = await smallPrefix();
    const path = kind === "manifest" ? manifest : file;
    disk.remove(path);
    const hardState = Object.assign(new FakeHardState(), {
      current: { compactedTo: prefix.upTo.index },
    });
    await expect(openOn(disk.mount(), hardState)).rejects.toThrow(`${path}: absent`);
  });

  it("removes what no manifest names, and says so", async () => {
    const { disk, hardState, records } = await smallPrefix();
    const leftovers = [
      "00000000000000000000-9.compacted",
      "00000000000000000000-9.3.compacted.tmp",
      "00000000000000000009.manifest",
      "00000000000000000009.manifest.tmp",
    ];
    for (const name of leftovers) disk.put(`${SNAPSHOTS}/${name}`, Buffer.from("x"));
    disk.put(`${SNAPSHOTS}/00000000000000000002.checkpoint`, Buffer.from("not ours"));
    const { prefix, notes } = await openOn(disk.mount(), hardState);
    expect(await readAll(prefix)).toEqual(records);
    expect(notes).toHaveLength(1);
    const names = disk.files().map((path) => path.slice(path.lastIndexOf("/") + 1));
    for (const name of leftovers) {
      expect(notes[0]).toContain(name);
      expect(names).not.toContain(name);
    }
    expect(names).toContain("00000000000000000002.checkpoint");
  });

  it("takes the newest whole manifest when the hard state was lost", async () => {
    const { disk, records } = await smallPrefix();
    const lost = Object.assign(new FakeHardState(), { trusted: false });
    const { prefix, notes } = await openOn(disk.mount(), lost);
    expect(await readAll(prefix)).toEqual(records);
    expect(notes).toEqual([expect.stringContaining("the hard state that named one was lost")]);
  });
});
