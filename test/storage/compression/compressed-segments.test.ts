import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import { crashOutcomes, everyBoundary, type SimDisk } from "../../../src/sim/disk/index.ts";
import { InflatingFileSystem } from "../../../src/storage/compression/inflating-file-system.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { nameOf } from "../../../src/storage/layout.ts";
import {
  eachByte,
  eachLength,
  entries,
  expectWhole,
  FIRST,
  FRAME_BYTES,
  frameAt,
  look,
  type Made,
  scrubRound,
  threeSegments,
} from "../wal/support/damage-bench.ts";
import { append, bytesOf, openLog, readAll } from "../wal/support/log-bench.ts";
import { BLOCK_BYTES, changedFiles, compress, compressOffline } from "./support/compress.ts";

const PATH = `${FIRST}.log`;
const LIMITS = { grainBytes: 512, maxTears: 3, maxSubsetOf: 3 };

const inflating = (disk: SimDisk): FileSystem => new InflatingFileSystem(disk.mount());

/** Three segments, two of them sealed, the first one compressed. */
async function compressedLog(): Promise<Made & { readonly plain: Buffer }> {
  const made = await threeSegments(2);
  const plain = Buffer.from(made.disk.readFile(PATH));
  await compressOffline(made.disk, PATH);
  return { ...made, mount: inflating, plain };
}

/** The entries that a block of the compressed file holds bytes of. */
function entriesIn(block: number): readonly number[] {
  const first = Math.floor((block * BLOCK_BYTES) / FRAME_BYTES) + 1;
  const last = Math.floor(((block + 1) * BLOCK_BYTES - 1) / FRAME_BYTES) + 1;
  return [1, 2, 3, 4].filter((index) => index >= first && index <= last);
}

describe("a compressed segment", () => {
  it("is a segment like any other", async () => {
    const made = await compressedLog();
    const { disk, frames, plain } = made;
    const verdict = await look(disk, made);
    expect(verdict.kind).toBe("clean");
    expectWhole(verdict, made);
    const { log } = await openLog(inflating(disk));
    const [first, second] = log.segments();
    const storedBytes = disk.readFile(PATH).length;
    expect(first).toMatchObject({ state: "sealed", bytes: plain.length, storedBytes });
    expect(second?.storedBytes).toBeUndefined();
    const { position, length } = await log.locate(frames[2]?.header.baseOffset as never);
    expect(plain.subarray(position, position + length)).toEqual(Buffer.from(frameAt(frames, 3)));
  });

  it("loses the entries of a block by a flipped byte, and gets them back", async () => {
    const made = await compressedLog();
    const allowed = [0, 1, 2, 3].map((block) => JSON.stringify(entriesIn(block)));
    const seen = new Set<string>();
    await eachByte(made, PATH, (verdict) => {
      expectWhole(verdict, made);
      if (verdict.kind === "halt") return;
      const lost = JSON.stringify(verdict.faulty.map(({ index }) => index as number));
      seen.add(lost);
      expect([...allowed, "[]"]).toContain(lost);
    });
    expect([...seen].sort()).toEqual([...new Set([...allowed, "[]"])].sort());
  });

  it("loses the blocks that are cut off, or all of its entries, and gets them back", async () => {
    const made = await compressedLog();
    await eachLength(made, PATH, (verdict) => expectWhole(verdict, made));
  });

  it("is written anew, plain, when the scrubber meets a damaged head", async () => {
    const { disk, plain } = await compressedLog();
    disk.flip(PATH, disk.readFile(PATH).length - 1);
    const { log, heard } = await openLog(inflating(disk));
    await scrubRound(log);
    expect(heard.rebuilt.join()).toMatch(/the last head is damaged/);
    expect(Buffer.from(disk.readFile(PATH))).toEqual(plain);
    expect(log.segments()[0]?.storedBytes).toBeUndefined();
    expect(log.faulty).toEqual([]);
  });
});

/** What a node does: the file is compressed, then the log takes it. */
async function compressAndTake(mount: FileSystem, path = PATH): Promise<void> {
  const { log } = await openLog(mount);
  log.committed(9 as LogIndex);
  const result = await compress(mount, path);
  if (result.kind !== "done") throw new Error(result.kind);
  expect(await log.takeDeflated(nameOf(path), result.storedBytes)).toBe(true);
}

async function expectAll(disk: SimDisk, made: Made): Promise<void> {
  const { log, data } = await openLog(inflating(disk));
  expect(log.faulty).toEqual([]);
  expect(await readAll(log)).toEqual(bytesOf(made.frames));
  await scrubRound(log);
  expect(log.faulty).toEqual([]);
  expect(disk.files().filter((path) => path.endsWith(".deflate"))).toEqual([]);
  await data.close();
  disk.kill();
}

/** Stops a compression at every boundary; whatever a crash leaves is the same log. */
async function survivesEveryCrash(
  planted = (fileSystem: FileSystem): FileSystem => fileSystem,
): Promise<number> {
  const made = await threeSegments(2);
  let cells = 0;
  const boundaries = everyBoundary(
    () => undefined,
    (mount) => compressAndTake(new InflatingFileSystem(planted(mount))),
    made.disk,
  );
  for await (const { label, disk } of boundaries)
    for (const outcome of crashOutcomes(disk, LIMITS)) {
      cells++;
      await expectAll(outcome.disk, made).catch((cause: unknown) => {
        throw new Error(`stopped ${label}; ${outcome.label}`, { cause });
      });
    }
  return cells;
}

describe("compressing a segment of a running log", () => {
  it("leaves the same log after a crash at any boundary", async () => {
    expect(await survivesEveryCrash()).toBeGreaterThan(100);
  });

  it("must be synced before it takes the name, as the table shows", async () => {
    const unsynced = (beneath: FileSystem): FileSystem =>
      changedFiles(beneath, /\.deflate$/, () => ({ sync: () => Promise.resolve() }));
    await expect(survivesEveryCrash(unsynced)).rejects.toThrow(/power loss/);
  });

  it("changes nothing for readers, old and new", async () => {
    const made = await threeSegments(2);
    const mount = inflating(made.disk);
    const { log } = await openLog(mount);
    const result = await compress(mount, PATH);
    const one = async (index: number) =>
      Buffer.concat((await log.read(index as LogIndex, 1, index as LogIndex)).chunks);
    const before = Promise.all([1, 2, 3, 4].map(one));
    if (result.kind !== "done") throw new Error(result.kind);
    const taken = log.takeDeflated(nameOf(PATH), result.storedBytes);
    expect(await before).toEqual(
      [1, 2, 3, 4].map((index) => Buffer.from(frameAt(made.frames, index))),
    );
    expect(await taken).toBe(true);
    expect(await one(2)).toEqual(Buffer.from(frameAt(made.frames, 2)));
    expect(log.segments()[0]?.storedBytes).toBe(result.storedBytes);
  });

  it("removes what was made of a segment that has left the log", async () => {
    const { disk } = await threeSegments(2);
    const { log } = await openLog(inflating(disk));
    disk.put("data/log/00000000000000000099.log.deflate", Buffer.from("whatever"));
    expect(await log.takeDeflated("00000000000000000099.log", 8)).toBe(false);
    expect(disk.files().filter((path) => path.endsWith(".deflate"))).toEqual([]);
  });

  it("goes on with a log that repairs the same file meanwhile", async () => {
    const made = await threeSegments(2);
    const { disk, frames } = made;
    const mount = inflating(disk);
    const { log } = await openLog(mount);
    const result = await compress(mount, PATH);
    if (result.kind !== "done") throw new Error(result.kind);
    disk.flip(PATH, 100);
    await scrubRound(log);
    expect(log.faulty.map(({ index }) => index)).toEqual([1]);
    const mended = log.repair(frameAt(frames, 1));
    const taken = log.takeDeflated(nameOf(PATH), result.storedBytes);
    await Promise.all([mended, taken]);
    expect(log.faulty).toEqual([]);
    await scrubRound(log);
    expect(log.faulty).toEqual([]);
    expect(await readAll(log)).toEqual(bytesOf(frames));
    append(log, 9, entries(2));
  });
});
