import { describe, expect, it } from "vitest";
import { crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { CompactedPrefix } from "../../../src/storage/compaction/index.ts";
import { InflatingFileSystem } from "../../../src/storage/compression/inflating-file-system.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
  readAll,
  SNAPSHOTS,
} from "../compaction/support/prefix-bench.ts";
import { SourceLog, type SourceRecord } from "../compaction/support/source-log.ts";
import { compress } from "./support/compress.ts";

const LIMITS = { grainBytes: 512, maxTears: 3, maxSubsetOf: 3 };
const VALUE = "some value, ".repeat(8);

interface Made {
  readonly disk: SimDisk;
  readonly source: SourceLog;
  readonly compactedTo: FakeHardState["current"];
  readonly records: readonly SourceRecord[];
}

/** A compacted prefix of two files, and a segment behind it that supersedes some of its records. */
async function compactedDisk(): Promise<Made> {
  const disk = new SimDisk();
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const source = new SourceLog();
  const { prefix } = await openOn(disk.mount(), hardState);
  for (let i = 0; i < 24; i++) source.entry({ key: `k${i}`, value: VALUE });
  source.seal(disk);
  await compactAll(prefix, source);
  const records = await readAll(prefix);
  for (const key of ["k3", "k9"]) source.entry({ key, value: VALUE });
  source.seal(disk);
  disk.kill();
  return { disk, source, compactedTo: hardState.current, records };
}

async function opened(fileSystem: FileSystem, { compactedTo }: Made): Promise<CompactedPrefix> {
  const hardState = Object.assign(new FakeHardState(), { current: compactedTo });
  return (await openOn(fileSystem, hardState)).prefix;
}

/** What a node does with every file of its prefix. */
async function compressAll(fileSystem: FileSystem, prefix: CompactedPrefix): Promise<void> {
  for (const file of prefix.manifest?.files ?? []) {
    const result = await compress(fileSystem, `${SNAPSHOTS}/${file.name}`);
    if (result.kind !== "done") throw new Error(`${file.name}: ${result.kind}`);
    expect(await prefix.takeDeflated(file, result.storedBytes)).toBe(true);
  }
}

async function compressedDisk(): Promise<Made> {
  const made = await compactedDisk();
  const mount = new InflatingFileSystem(made.disk.mount());
  await compressAll(mount, await opened(mount, made));
  made.disk.kill();
  return made;
}

async function scrubRound(prefix: CompactedPrefix): Promise<void> {
  while (!(await prefix.scrub(500)).roundEnded);
}

describe("a compressed compacted file", () => {
  it("is read, scrubbed, sent and compacted again like any other", async () => {
    const made = await compressedDisk();
    const prefix = await opened(new InflatingFileSystem(made.disk.mount()), made);
    expect(prefix.segments().length).toBeGreaterThan(1);
    for (const { file, bytes, storedBytes } of prefix.segments()) {
      expect(storedBytes).toBe(made.disk.readFile(`${SNAPSHOTS}/${file}`).length);
      expect(storedBytes).toBeLessThan(bytes);
    }
    expect(await readAll(prefix)).toEqual(made.records);
    await scrubRound(prefix);
    expect(prefix.damage).toEqual([]);
    const exported = await prefix.exportFiles();
    for (const { bytes, read } of exported.files) {
      const into = new Uint8Array(bytes + 1);
      expect(await read(into, 0)).toBe(bytes);
    }
    await exported.release();
    await compactAll(prefix, made.source);
    const keys = new Set(made.records.map(({ key }) => key));
    const after = await readAll(prefix);
    expect(new Set(after.map(({ key }) => key))).toEqual(keys);
    expect(after).toHaveLength(keys.size);
    expect(made.disk.files().filter((path) => path.endsWith(".deflate"))).toEqual([]);
  });

  it("never serves what a flipped byte has damaged, and names it unless it is a head", async () => {
    const made = await compressedDisk();
    const [path] = made.disk.files().filter((name) => name.endsWith(".compacted"));
    const { length } = made.disk.readFile(path as string);
    for (let byte = 0; byte < length; byte++) {
      const disk = made.disk.fork();
      disk.flip(path as string, byte, 1 << (byte % 8));
      const prefix = await opened(new InflatingFileSystem(disk.mount()), made).catch(String);
      if (typeof prefix === "string") {
        expect(prefix).toMatch(/byte \d+/);
        continue;
      }
      const seen = await readAll(prefix).catch((error: unknown) => error);
      if (Array.isArray(seen)) expect(seen).toEqual(made.records);
      else expect(seen).toMatchObject({ code: "CORRUPT" });
      await scrubRound(prefix);
      // With a damaged head nothing is lost, and it is to be compressed anew.
      if (prefix.damage.length === 0) {
        expect(seen).toEqual(made.records);
        const plain = prefix.segments().filter(({ storedBytes }) => storedBytes === undefined);
        expect(plain).toHaveLength(1);
      }
    }
  });
});

describe("compressing the files of a prefix", () => {
  it("leaves the same records after a crash at any boundary", async () => {
    const made = await compactedDisk();
    let cells = 0;
    const run = async (beneath: FileSystem): Promise<void> => {
      const mount = new InflatingFileSystem(beneath);
      await compressAll(mount, await opened(mount, made));
    };
    for await (const { label, disk } of everyBoundary(() => undefined, run, made.disk))
      for (const outcome of crashOutcomes(disk, LIMITS)) {
        cells++;
        const prefix = await opened(new InflatingFileSystem(outcome.disk.mount()), made);
        expect(await readAll(prefix), `stopped ${label}; ${outcome.label}`).toEqual(made.records);
        await scrubRound(prefix);
        expect(prefix.damage).toEqual([]);
        const left = outcome.disk.files().filter((path) => path.endsWith(".deflate"));
        expect(left, `stopped ${label}; ${outcome.label}`).toEqual([]);
      }
    expect(cells).toBeGreaterThan(100);
  });

  it("removes what was made of a file that is no longer there", async () => {
    const made = await compactedDisk();
    const mount = new InflatingFileSystem(made.disk.mount());
    const prefix = await opened(mount, made);
    const [first] = prefix.manifest?.files ?? [];
    if (first === undefined) throw new Error("the fixture has files");
    const result = await compress(mount, `${SNAPSHOTS}/${first.name}`);
    await prefix.trim(first.nextOffset);
    const { storedBytes } = result as { storedBytes: number };
    expect(await prefix.takeDeflated(first, storedBytes)).toBe(false);
    expect(made.disk.files().filter((path) => path.includes(first.name))).toEqual([]);
  });

  it("does not take other bytes for a file of the same name", async () => {
    const made = await compactedDisk();
    const mount = new InflatingFileSystem(made.disk.mount());
    const prefix = await opened(mount, made);
    const [first] = prefix.manifest?.files ?? [];
    if (first === undefined) throw new Error("the fixture has files");
    const { storedBytes } = (await compress(mount, `${SNAPSHOTS}/${first.name}`)) as {
      storedBytes: number;
    };
    const another = { ...first, sha256: "another" };
    expect(await prefix.takeDeflated(another, storedBytes)).toBe(false);
    expect(await readAll(prefix)).toEqual(made.records);
  });
});
