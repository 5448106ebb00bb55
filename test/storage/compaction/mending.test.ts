import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Offset } from "../../../src/common/brand.ts";
import { crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { CompactedPrefix } from "../../../src/storage/compaction/index.ts";
import { MendingFiles } from "../../../src/storage/compaction/mending-files.ts";
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
import { SourceLog } from "./support/source-log.ts";
import { withoutDirectorySync } from "../../support/altered-file-system.ts";

const LIMITS = { grainBytes: 4096, maxTears: 1, maxSubsetOf: 2 };
const PIECE_BYTES = 1000;
const value = "v".repeat(60);

function hardStateOf(prefix: CompactedPrefix): FakeHardState {
  return Object.assign(new FakeHardState(), { current: { compactedTo: prefix.upTo.index } });
}

/** A prefix of some files, and the disk it lies on; the twin has carried out the same orders. */
async function pair(keys = 60) {
  const disk = new SimDisk();
  await newDirectory(disk);
  const source = new SourceLog();
  const hardState = new FakeHardState();
  const { prefix: twin } = await openOn(disk.mount(), hardState);
  for (let i = 0; i < keys; i++) source.entry({ key: `k${i}`, value });
  source.seal(disk);
  await compactAll(twin, source);
  const records = await readAll(twin);
  const files = disk.files().filter((path) => path.startsWith(SNAPSHOTS));
  const damaged = disk.fork();
  return { disk, damaged, source, twin, records, files };
}

async function openDamaged(disk: FileSystem, twin: CompactedPrefix, hardState = hardStateOf(twin)) {
  let met = 0;
  const mending = { offsetAfter: () => twin.upTo.nextOffset, met: () => void met++ };
  const { prefix } = await openOn(disk, hardState, { mending });
  return { prefix, hardState, met: () => met };
}

/** What a node does with another's files; answers the bytes that it had to be sent. */
async function mendFrom(
  prefix: CompactedPrefix,
  twin: CompactedPrefix,
  fileSystem: FileSystem,
): Promise<number> {
  const exported = await twin.exportFiles("intact");
  const staged = new MendingFiles({ fileSystem, directory: SNAPSHOTS });
  const { manifest } = twin;
  if (manifest === undefined) throw new Error("a twin is whole");
  let sent = 0;
  for (const file of prefix.lacking(manifest)) {
    const source = exported.files.find(({ name }) => name === file.name);
    await staged.fetch(file, async (position) => {
      const piece = new Uint8Array(PIECE_BYTES);
      const filled = (await source?.read(piece, position)) ?? 0;
      sent += filled;
      return piece.subarray(0, filled);
    });
  }
  await prefix.mend(manifest, staged.whole);
  await staged.discard();
  await exported.release();
  return sent;
}

async function scrubRound(prefix: CompactedPrefix): Promise<void> {
  while (!(await prefix.scrub(1000)).roundEnded);
}

describe("a start over a damaged prefix that others can mend", () => {
  const harm: readonly (readonly [string, (disk: SimDisk, path: string) => void])[] = [
    ["is absent", (disk, path) => disk.remove(path)],
    ["lost its end", (disk, path) => disk.cut(path, disk.readFile(path).length - 10)],
    ["has a damaged last byte", (disk, path) => disk.flip(path, disk.readFile(path).length - 1)],
  ];
  it.each(harm)("names each file that %s, and serves nothing of it", async (_what, strike) => {
    const { damaged, twin, records, files } = await pair();
    for (const path of files) {
      const disk = damaged.fork();
      strike(disk, path);
      const { prefix } = await openDamaged(disk.mount(), twin);
      expect(prefix.damage.map(({ file }) => `${SNAPSHOTS}/${file}`)).toEqual([path]);
      expect(prefix.upTo).toEqual(twin.upTo);
      await expect(readAll(prefix)).rejects.toMatchObject({ code: "CORRUPT" });
      await expect(prefix.exportFiles()).rejects.toMatchObject({ code: "CORRUPT" });
      await scrubRound(prefix);
      await mendFrom(prefix, twin, disk.mount());
      expect(prefix.damage).toEqual([]);
      expect(await readAll(prefix)).toEqual(records);
      await scrubRound(prefix);
      expect(prefix.damage).toEqual([]);
      disk.kill();
      const again = await openOn(disk.mount(), hardStateOf(twin));
      expect(await readAll(again.prefix)).toEqual(records);
      expect(disk.files().filter((file) => file.includes("mending"))).toEqual([]);
    }
  });

  it("ends the node when nobody could mend it", async () => {
    const { damaged, twin, files } = await pair();
    damaged.remove(files[0] ?? "");
    const opened = openOn(damaged.mount(), hardStateOf(twin));
    await expect(opened).rejects.toThrow(`${files[0]}: absent`);
  });
});

describe("a mending", () => {
  it("asks for what is damaged only, where the other node holds the same", async () => {
    const { damaged, twin, records, files } = await pair();
    const fileSystem = damaged.mount();
    const { prefix, met } = await openDamaged(fileSystem, twin);
    damaged.flip(files[1] ?? "", 200);
    await scrubRound(prefix);
    expect(met()).toBe(1);
    expect(await mendFrom(prefix, twin, fileSystem)).toBe(twin.segments()[1]?.bytes);
    expect(await readAll(prefix)).toEqual(records);
    expect(damaged.files()).not.toContain(files[1]);
  });

  it("takes files that were cut elsewhere, and a prefix that reaches further", async () => {
    const { disk, damaged, source, twin, files } = await pair();
    for (let i = 0; i < 60; i += 2) source.entry({ key: `k${i}`, value: "new" });
    source.seal(disk);
    await compactAll(twin, source, { segmentBytes: 3000 });
    const fileSystem = damaged.mount();
    const first = Object.assign(new FakeHardState(), { current: { compactedTo: 60 } });
    damaged.flip(files[0] ?? "", 200);
    const { prefix } = await openDamaged(fileSystem, twin, first);
    await scrubRound(prefix);
    await mendFrom(prefix, twin, fileSystem);
    expect(first.current.compactedTo).toBe(twin.upTo.index);
    expect(await readAll(prefix)).toEqual(await readAll(twin));
  });

  it("never goes back, and does not get in the way of what is being installed", async () => {
    const { damaged, disk, source, twin, records } = await pair();
    const older = damaged.mount();
    const { prefix: behind } = await openDamaged(older, twin);
    source.entry({ key: "k0", value: "new" });
    source.seal(disk);
    await compactAll(twin, source);
    await expect(mendFrom(twin, behind, disk.mount())).rejects.toMatchObject({ code: "ABORTED" });
    const installing = await behind.install([]);
    await expect(mendFrom(behind, behind, older)).rejects.toMatchObject({ code: "ABORTED" });
    expect(await readAll(behind)).toEqual(records);
    installing.show();
    await installing.adopt();
  });

  it("is not needed where a snapshot took the place of what is damaged", async () => {
    for (const kind of [".manifest", ".compacted"]) {
      const { damaged, twin, records, files } = await pair();
      damaged.remove(files.find((path) => path.endsWith(kind)) ?? "");
      const fileSystem = damaged.mount();
      const { prefix } = await openDamaged(fileSystem, twin);
      expect(prefix.damage).toHaveLength(1);
      const exported = await twin.exportFiles();
      const staged = [];
      for (const [at, { name, bytes, read }] of exported.files.entries()) {
        const path = `${SNAPSHOTS}/incoming.${at}`;
        const whole = new Uint8Array(bytes);
        await read(whole, 0);
        const file = await fileSystem.open(path, "create");
        await file.write([whole], 0);
        await file.sync();
        await file.close();
        staged.push({ name, path });
      }
      const prepared = await prefix.install(staged);
      prepared.show();
      expect(prefix.damage).toEqual([]);
      expect(await readAll(prefix)).toEqual(records);
      await prepared.adopt();
      await scrubRound(prefix);
      expect(await readAll(prefix)).toEqual(records);
    }
  });

  it("keeps what was trimmed here, should the other node have it still", async () => {
    const { damaged, twin } = await pair();
    const fileSystem = damaged.mount();
    const { prefix } = await openDamaged(fileSystem, twin);
    const [, second] = prefix.segments();
    const start = second?.baseOffset as Offset;
    await prefix.trim(start);
    await mendFrom(prefix, twin, fileSystem);
    expect(prefix.heldFrom).toBe(start);
  });

  it("leaves no file whose bytes are not what was asked for", async () => {
    const { damaged, twin, files } = await pair();
    damaged.flip(files[0] ?? "", 200);
    const fileSystem = damaged.mount();
    const { prefix } = await openDamaged(fileSystem, twin);
    await scrubRound(prefix);
    const staged = new MendingFiles({ fileSystem, directory: SNAPSHOTS });
    const [file] = twin.manifest === undefined ? [] : prefix.lacking(twin.manifest);
    if (file === undefined) throw new Error("a file is damaged");
    const zeros = () => Promise.resolve(new Uint8Array(file.bytes));
    expect(await staged.fetch(file, zeros)).toBe(false);
    expect(await staged.fetch(file, () => Promise.resolve(undefined))).toBe(false);
    expect(staged.whole.size).toBe(0);
    expect(damaged.files().filter((path) => path.includes("mending"))).toEqual([]);
    const { manifest } = twin;
    if (manifest === undefined) throw new Error("the twin is whole");
    await expect(prefix.mend(manifest, staged.whole)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(prefix.damage).toHaveLength(1);
  });

  it("gives no file that is damaged itself, and no order is carried out over it", async () => {
    const { damaged, source, twin, files } = await pair();
    damaged.flip(files[0] ?? "", 200);
    const { prefix } = await openDamaged(damaged.mount(), twin);
    await scrubRound(prefix);
    const given = await prefix.exportFiles("intact");
    expect(given.files.map(({ name }) => name)).not.toContain(prefix.damage[0]?.file);
    await given.release();
    source.entry({ key: "k0", value: "new" });
    source.seal(damaged);
    const order = prefix.compact(orderTo(source), source.segments.slice(1));
    await expect(order).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

describe("a mending that is cut short", () => {
  const begin = async () => {
    const { damaged, twin, records, files } = await pair(16);
    damaged.flip(files[0] ?? "", 200);
    return { damaged, twin, records };
  };

  /** Stopped at every boundary; afterwards a start finds the damage, or the whole of it. */
  async function survives(wrap = (fileSystem: FileSystem) => fileSystem): Promise<number> {
    const { damaged, twin, records } = await begin();
    const run = async (mounted: FileSystem, hardState: FakeHardState): Promise<void> => {
      const fileSystem = wrap(mounted);
      const { prefix } = await openDamaged(fileSystem, twin, hardState);
      await scrubRound(prefix);
      await mendFrom(prefix, twin, fileSystem);
    };
    const seen = new Set<string>();
    const runs = everyBoundary(() => hardStateOf(twin), run, damaged);
    for await (const { label, disk, notes: hardState } of runs)
      for (const outcome of crashOutcomes(disk, LIMITS)) {
        const state = outcome.disk.files().map((path) => [path, outcome.disk.readFile(path)]);
        const key = createHash("sha1").update(JSON.stringify(state)).digest("hex");
        if (seen.has(key)) continue;
        seen.add(key);
        const fileSystem = outcome.disk.mount();
        const { prefix } = await openDamaged(fileSystem, twin, hardState);
        const where = `stopped ${label}; ${outcome.label}`;
        // No file is missing, and nothing but the bytes that were flipped is wrong.
        expect(prefix.damage, where).toEqual([]);
        expect(prefix.upTo, where).toEqual(twin.upTo);
        await scrubRound(prefix);
        expect([0, 1], where).toContain(prefix.damage.length);
        if (prefix.damage.length > 0) await mendFrom(prefix, twin, fileSystem);
        expect(await readAll(prefix), where).toEqual(records);
      }
    return seen.size;
  }

  it("leaves the prefix damaged as it was, or whole", async () => {
    expect(await survives()).toBeGreaterThan(8);
  });

  it("is caught when the manifest may name files that are not there yet", async () => {
    await expect(survives(withoutDirectorySync)).rejects.toThrow("stopped");
  });
});
