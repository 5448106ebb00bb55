import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimDisk } from "../../src/sim/disk/index.ts";
import { type ClusterImage, prepareImage } from "../../src/sim/matrix/cluster-image.ts";
import { dumpCompacted, dumpManifests } from "../../src/storage/dump/dump-prefix.ts";
import { repairDataDirectory } from "../../src/storage/index.ts";
import { lines, verify } from "./support/written-disk.ts";

const SNAPSHOTS = "data/snapshots";
const MANIFEST = `${SNAPSHOTS}/${"27".padStart(20, "0")}.manifest`;
const COMPACTED = `${SNAPSHOTS}/${"0".repeat(20)}-27.compacted`;
const TEMPORARY = [
  `${SNAPSHOTS}/${"0".repeat(20)}-40.1.compacted.tmp`,
  `${SNAPSHOTS}/${"40".padStart(20, "0")}.manifest.tmp`,
];

let image: ClusterImage;
let disk: SimDisk;

beforeAll(async () => {
  image = await prepareImage("compacted");
});

beforeEach(() => {
  disk = new SimDisk();
  for (const [path, bytes] of image.disks.get("n1") ?? []) disk.put(path, bytes);
});

async function framesOf(path: string) {
  const found = [];
  for await (const frame of dumpCompacted(disk.mount(), path)) found.push(frame);
  return found;
}

describe("dump of a compacted prefix", () => {
  it("shows each frame with its flag and its own offset", async () => {
    for (const path of ["data", COMPACTED]) {
      const frames = await framesOf(path);
      expect(frames).toHaveLength(11);
      expect(frames.every(({ header, fault }) => header?.flags === 1 && fault === undefined)).toBe(
        true,
      );
      expect(frames.map(({ header }) => header?.baseOffset).slice(0, 3)).toEqual([0, 4, 8]);
    }
  });

  it("shows the manifest, and goes on behind a frame that is damaged", async () => {
    const [manifest] = await dumpManifests(disk.mount(), "data");
    expect(manifest).toMatchObject({ file: MANIFEST, fault: undefined, manifest: { index: 27 } });
    disk.flip(MANIFEST, 30);
    disk.flip(COMPACTED, 150);
    expect(await dumpManifests(disk.mount(), MANIFEST)).toMatchObject([
      { manifest: undefined, fault: "it is not what was written" },
    ]);
    const frames = await framesOf(COMPACTED);
    expect(frames.filter(({ fault }) => fault !== undefined)).toMatchObject([{ position: 148 }]);
    expect(frames).toHaveLength(11);
  });

  it("shows frames and the fault where the end of the file is damaged", async () => {
    disk.flip(COMPACTED, disk.readFile(COMPACTED).length - 1);
    const frames = await framesOf(COMPACTED);
    expect(frames).toHaveLength(12);
    expect(frames.at(-1)).toMatchObject({ header: undefined, fault: "the footer is damaged" });
  });
});

describe("repair of a compacted prefix", () => {
  const repair = (apply: boolean) => repairDataDirectory(disk.mount(), "data", { apply });

  it("finds nothing to do where all is well", async () => {
    expect(await repair(false)).toEqual([]);
  });

  it("removes what a run left half-written, and only with apply", async () => {
    for (const path of TEMPORARY) disk.put(path, new Uint8Array(5));
    const plan = await repair(false);
    expect(plan.map(({ kind, file }) => [kind, file])).toEqual(
      TEMPORARY.map((file) => ["mend", file]),
    );
    expect(disk.files()).toEqual(expect.arrayContaining(TEMPORARY));
    await repair(true);
    expect(disk.files().filter((path) => TEMPORARY.includes(path))).toEqual([]);
    expect(await repair(false)).toEqual([]);
    expect(lines(await verify(disk))).toEqual([]);
  });

  it("leaves files that count for nothing, and a snapshot on its way, to the start", async () => {
    const left = [`${SNAPSHOTS}/${"0".repeat(20)}-40.compacted`, `${SNAPSHOTS}/incoming`];
    for (const path of left) disk.put(path, new Uint8Array(5));
    const found = await repair(true);
    expect(found.map(({ kind, file }) => [kind, file])).toEqual(left.map((one) => ["start", one]));
    expect(disk.files()).toEqual(expect.arrayContaining(left));
  });

  it.each([
    ["a flipped byte of a frame", () => disk.flip(COMPACTED, 150), COMPACTED, 148],
    ["a flipped byte of the manifest", () => disk.flip(MANIFEST, 30), MANIFEST, 457],
    ["a file that is cut", () => disk.cut(COMPACTED, 900), COMPACTED, 900],
    ["a file that is missing", () => disk.remove(COMPACTED), COMPACTED, undefined],
  ])("mends nothing else, and says what to do: %s", async (_, harm, file, byte) => {
    harm();
    const before = disk.files().map((path) => [path, disk.readFile(path)]);
    const found = await repair(true);
    expect(found.find(({ kind }) => kind === "peers")).toMatchObject({ file, byte });
    expect(found.find(({ kind }) => kind === "peers")?.what).toContain(
      "start the node with an empty",
    );
    expect(
      disk
        .files()
        .filter((path) => path !== "data/LOCK")
        .map((path) => [path, disk.readFile(path)]),
    ).toEqual(before);
  });
});
