import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import { type ClusterImage, prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
} from "../../../src/storage/compaction/manifest.ts";
import { isCorruption, noCounts, type VerifyFinding } from "../../../src/storage/verify.ts";
import { checkPrefix } from "../../../src/storage/verify/prefix-check.ts";
import {
  compactAll,
  FakeHardState,
  newDirectory,
  openOn,
} from "../compaction/support/prefix-bench.ts";
import { SourceLog } from "../compaction/support/source-log.ts";
import { counted, lines, verify } from "../support/written-disk.ts";

const SNAPSHOTS = "data/snapshots";
const MANIFEST = `${SNAPSHOTS}/${"27".padStart(20, "0")}.manifest`;
const COMPACTED = `${SNAPSHOTS}/${"0".repeat(20)}-27.compacted`;

let image: ClusterImage;
/** A node's directory after a clean stop: entries up to 27 are compacted. */
let disk: SimDisk;

beforeAll(async () => {
  image = await prepareImage("compacted");
});

beforeEach(() => {
  disk = new SimDisk();
  for (const [path, bytes] of image.disks.get("n1") ?? []) disk.put(path, bytes);
});

function manifestOf(on: SimDisk): Manifest {
  const manifest = decodeManifest(on.readFile(MANIFEST));
  if (typeof manifest === "string") throw new Error(`the manifest is ${manifest}`);
  return manifest;
}

describe("verify of a compacted prefix", () => {
  it("finds nothing in a clean directory, and counts what it looked at", async () => {
    expect(lines(await verify(disk))).toEqual([]);
    expect(await counted(disk)).toMatchObject({
      ...{
        checkpoints: 2,
        manifests: 1,
        compactedFiles: 1,
        compactedRecords: 11,
        compactedFrames: 11,
      },
      findings: 0,
    });
  });

  it("takes the manifest or a compacted file alone", async () => {
    for (const path of [MANIFEST, COMPACTED]) {
      expect(lines(await verify(disk, path))).toEqual([]);
      expect(await counted(disk, path)).toMatchObject({ compactedFiles: 1, compactedRecords: 11 });
    }
    await expect(verify(disk, `${SNAPSHOTS}/${"9".padStart(20, "0")}.manifest`)).rejects.toThrow(
      /ENOENT|no such/i,
    );
  });

  it("names file and byte, whichever byte is flipped", async () => {
    for (const file of [MANIFEST, COMPACTED])
      for (let at = 0; at < disk.readFile(file).length; at++) {
        const flipped = disk.fork();
        flipped.flip(file, at);
        const found = await verify(flipped, MANIFEST);
        expect(found.length, `${file}:${at}`).toBeGreaterThan(0);
        for (const finding of found) expect(finding).toMatchObject({ kind: "damaged", file });
        if (file === COMPACTED) expect(found[0]?.byte, `${file}:${at}`).toBeLessThanOrEqual(at);
      }
  });

  it("names the flipped byte's frame by its entry where the header is intact", async () => {
    disk.flip(COMPACTED, 100);
    expect(await verify(disk)).toMatchObject([
      { kind: "damaged", file: COMPACTED, byte: 0, index: 3 },
    ]);
  });

  it("names the file, whatever length it is cut to", async () => {
    for (const file of [MANIFEST, COMPACTED])
      for (let length = 0; length < disk.readFile(file).length; length++) {
        const cut = disk.fork();
        cut.cut(file, length);
        const [first] = await verify(cut, MANIFEST);
        expect(first, `${file}:${length}`).toMatchObject({ kind: "damaged", file });
        expect(first?.byte).toBeLessThanOrEqual(length);
      }
  });

  it("says which file is absent, and who names it", async () => {
    const without = (path: string) => {
      const fork = disk.fork();
      fork.remove(path);
      return fork;
    };
    const [manifest, ...others] = lines(await verify(without(MANIFEST)));
    expect(manifest).toBe(
      `absent ${MANIFEST}: absent; the hard state says that the log is compacted to entry 27`,
    );
    expect(others).toEqual([`torn ${COMPACTED}: a file that the manifest in force does not name`]);
    expect(lines(await verify(without(COMPACTED)))).toEqual([
      `absent ${COMPACTED}: absent; ${"27".padStart(20, "0")}.manifest names it`,
    ]);
  });

  it("holds the file against its manifest, and the manifest against its name", async () => {
    const manifest = manifestOf(disk);
    const [file] = manifest.files;
    if (file === undefined) throw new Error("the fixture has a compacted file");
    const told = (changed: Partial<Manifest>) => {
      const other = disk.fork();
      other.put(MANIFEST, encodeManifest({ ...manifest, ...changed }));
      return verify(other).then(lines);
    };
    const sha256 = "0".repeat(64);
    expect(await told({ files: [{ ...file, sha256 }] })).toEqual([
      `damaged ${COMPACTED}:0: its SHA-256 is not the one in its manifest`,
    ]);
    expect((await told({ files: [{ ...file, records: file.records + 1 }] })).join()).toContain(
      "its manifest has another records",
    );
    expect((await told({ files: [{ ...file, bytes: 7 }] })).join()).toContain(
      "its manifest says 7",
    );
    expect((await told({ files: [file, file] })).join()).toContain("overlaps the file before");
    expect((await told({ index: LogIndex(9) })).join()).toContain("the manifest of entry 9");
  });

  it("names what work under way or cut short left, and calls none of it corruption", async () => {
    const left = [
      `${"0".repeat(20)}-40.1.compacted.tmp`,
      `${"0".repeat(20)}-40.compacted`,
      `${"13".padStart(20, "0")}.manifest`,
      `${"40".padStart(20, "0")}.manifest.tmp`,
      "incoming",
      "incoming.meta",
    ];
    for (const name of left) disk.put(`${SNAPSHOTS}/${name}`, new Uint8Array(3));
    disk.put(`${SNAPSHOTS}/holiday.jpg`, new Uint8Array(3));
    const found = await verify(disk);
    expect(found.filter(isCorruption)).toEqual([]);
    const told = lines(found).map((line) => line.replace(`${SNAPSHOTS}/`, ""));
    for (const name of left.slice(0, 4)) expect(told.join("\n")).toContain(`torn ${name}: a file`);
    expect(told).toContain("torn incoming: a snapshot on its way in: incoming, incoming.meta");
    expect(told).toContain("foreign holiday.jpg: not a checkpoint, a manifest or a compacted file");
    expect(found).toHaveLength(6);
  });

  it("takes the newest manifest for the one that counts where the hard state is lost", async () => {
    for (const path of ["data/hard-state.0", "data/hard-state.1"]) disk.flip(path, 40);
    disk.flip(COMPACTED, 100);
    const files = (await verify(disk)).map(({ file }) => file);
    expect(files).toContain(COMPACTED);
  });
});

describe("verify beside a node that compacts", () => {
  it("looks again where the prefix was replaced between two looks", async () => {
    const names = (await disk.mount().list(SNAPSHOTS)) ?? [];
    const old = `${"13".padStart(20, "0")}.manifest`;
    const found: VerifyFinding[] = [];
    const facts = {
      compactedTo: LogIndex(13),
      compactedNow: () => Promise.resolve(LogIndex(27)),
    };
    const counts = noCounts();
    const stale = [...names, old];
    for await (const one of checkPrefix(disk.mount(), SNAPSHOTS, stale, facts, counts))
      found.push(one);
    expect(lines(found)).toEqual([]);
    expect(counts).toMatchObject({ manifests: 1, compactedFiles: 1 });
  });

  it("finds no damage, whatever a run or a trim is doing at that moment", async () => {
    let replaced = 0;
    for (let moment = 0; moment < 80; moment++) {
      const live = new SimDisk();
      await newDirectory(live);
      const hardState = new FakeHardState();
      const source = new SourceLog();
      const { prefix } = await openOn(live.mount(), hardState);
      const write = (text: string) => {
        for (let i = 0; i < 40; i++) source.entry({ key: `k${i % 25}`, value: text.repeat(60) });
        source.seal(live);
      };
      write("a");
      await compactAll(prefix, source);
      write("b");
      const before = hardState.current.compactedTo;
      const working = compactAll(prefix, source).then(() => prefix.trim(Offset(60)));
      for (let turn = 0; turn < moment * 4; turn++) await Promise.resolve();
      const facts = {
        compactedTo: hardState.current.compactedTo,
        compactedNow: () => Promise.resolve(hardState.current.compactedTo),
      };
      const names = (await live.mount().list(SNAPSHOTS)) ?? [];
      const found: VerifyFinding[] = [];
      for await (const one of checkPrefix(live.mount(), SNAPSHOTS, names, facts, noCounts()))
        found.push(one);
      if (facts.compactedTo === before && hardState.current.compactedTo > before) replaced++;
      expect(lines(found.filter(isCorruption)), `moment ${moment}`).toEqual([]);
      await working;
      await prefix.close();
    }
    expect(replaced).toBeGreaterThan(0);
  });

  it("still says so where nothing was replaced", async () => {
    disk.flip(COMPACTED, 100);
    const names = (await disk.mount().list(SNAPSHOTS)) ?? [];
    const facts = {
      compactedTo: LogIndex(27),
      compactedNow: () => Promise.resolve(LogIndex(27)),
    };
    const found: VerifyFinding[] = [];
    for await (const one of checkPrefix(disk.mount(), SNAPSHOTS, names, facts, noCounts()))
      found.push(one);
    expect(found).toMatchObject([{ kind: "damaged", file: COMPACTED, byte: 0 }]);
  });
});
