import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { ALL_LOST, SimDisk } from "../../src/sim/disk/index.ts";
import { openDataDirectory } from "../../src/storage/data-directory.ts";
import { IDENTITY_FORMAT } from "../../src/storage/identity-format.ts";
import { encodeRecord } from "../../src/storage/record-file.ts";
import type { ClusterIdentity, Identity } from "../../src/storage/types.ts";
import { writtenDisk } from "./support/written-disk.ts";
import { openLog, readAll } from "./wal/support/log-bench.ts";

const PATH = "data/n1";
const IDENTITY_FILES = ["data/n1/identity.0", "data/n1/identity.1"] as const;
const cluster: ClusterIdentity = {
  clusterId: "c1",
  voters: [{ nodeId: "n1", diskId: "d1" }],
  formed: true,
};

const open = (disk: SimDisk, nodeId = "n1", seed = 1) =>
  openDataDirectory(disk.mount(), PATH, { nodeId, random: seededRandom(seed) });

/** A disk of n1, member of a cluster, its process gone. */
async function usedDisk(): Promise<SimDisk> {
  const disk = new SimDisk();
  const { identity } = await open(disk);
  await identity.save({ ...identity.current, cluster });
  disk.crash(ALL_LOST);
  return disk;
}

const contents = (disk: SimDisk) =>
  disk.files().map((file) => [file, Buffer.from(disk.readFile(file)).toString("hex")]);

describe("an empty data directory", () => {
  it("becomes a node's, with a random disk id and no cluster, durably", async () => {
    const disk = new SimDisk();
    const directory = await open(disk);
    const { current } = directory.identity;
    expect(current).toEqual({
      nodeId: "n1",
      diskId: expect.stringMatching(/^[0-9a-f]{32}$/),
      cluster: undefined,
    });
    expect(directory.hardState).toMatchObject({ trusted: true, current: { incarnation: 1 } });
    expect(directory.notes).toEqual([]);
    disk.crash(ALL_LOST);
    const again = await open(disk, "n1", 2);
    expect(again.identity.current).toEqual(current);
    expect(again.hardState.current.incarnation).toBe(2);
  });

  it("may hold the log that its supervisor writes for it", async () => {
    const disk = new SimDisk();
    disk.put("data/n1/node.ndjson", new Uint8Array(3));
    await open(disk);
  });

  it("is refused when somebody else's file lies in it, and left as it is", async () => {
    const disk = new SimDisk();
    disk.put("data/n1/thesis.txt", new Uint8Array(3));
    await expect(open(disk)).rejects.toMatchObject({
      kind: "config",
      message: expect.stringContaining("data/n1/thesis.txt is not Balsa's"),
    });
    expect(disk.files()).toEqual(["data/n1/thesis.txt"]);
  });
});

describe("a data directory", () => {
  it("is taken by one process at a time, until it is closed", async () => {
    const disk = new SimDisk();
    const directory = await open(disk);
    await expect(open(disk)).rejects.toMatchObject({ kind: "io", exitCode: 6 });
    await directory.close();
    await open(disk);
  });

  it("is let go when opening it fails", async () => {
    const disk = await usedDisk();
    await expect(open(disk, "n2")).rejects.toThrow("data/n1 belongs to n1, not n2");
    await open(disk, "n1");
  });

  it("is refused to another node, and left as it is", async () => {
    const disk = await usedDisk();
    const before = contents(disk);
    await expect(open(disk, "n2")).rejects.toMatchObject({ kind: "config", exitCode: 3 });
    expect(contents(disk)).toEqual(before);
  });

  it("remembers its cluster", async () => {
    const disk = await usedDisk();
    expect((await open(disk)).identity.current.cluster).toEqual(cluster);
  });

  it("of a newer program is refused, and left as it is", async () => {
    const disk = await usedDisk();
    const value: Identity = { nodeId: "n1", diskId: "d", cluster: undefined };
    disk.put(IDENTITY_FILES[0], encodeRecord({ ...IDENTITY_FORMAT, version: 2 }, 9, value));
    const before = contents(disk);
    await expect(open(disk)).rejects.toMatchObject({
      kind: "config",
      message: expect.stringContaining("data/n1/identity.0 has format version 2"),
    });
    expect(contents(disk)).toEqual(before);
  });
});

describe("an identity", () => {
  it.each(IDENTITY_FILES)("is healed when %s is damaged or absent", async (file) => {
    const damaged = await usedDisk();
    damaged.flip(file, 40);
    const absent = await usedDisk();
    absent.remove(file);
    for (const [disk, what] of [
      [damaged, "was damaged at byte 12"],
      [absent, "was absent"],
    ] as const) {
      const directory = await open(disk);
      expect(directory.identity.current.cluster).toEqual(cluster);
      expect(directory.notes.join()).toContain(`${file} ${what}`);
      expect(disk.readFile(IDENTITY_FILES[0])).toEqual(disk.readFile(IDENTITY_FILES[1]));
    }
  });

  it("that is damaged in both files stops the node, which names them", async () => {
    const disk = await usedDisk();
    for (const file of IDENTITY_FILES) disk.flip(file, 50);
    const before = contents(disk);
    const failure = await open(disk).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: "corruption", exitCode: 8 });
    for (const file of IDENTITY_FILES) expect(String(failure)).toContain(`${file} is damaged`);
    expect(contents(disk)).toEqual(before);
  });

  it("that is gone from a directory in use stops the node", async () => {
    const disk = await usedDisk();
    for (const file of IDENTITY_FILES) disk.remove(file);
    await expect(open(disk)).rejects.toMatchObject({
      kind: "corruption",
      message: expect.stringContaining("data/n1/identity.0 is absent"),
    });
  });
});

describe("the hard state of a data directory", () => {
  const files = ["data/n1/hard-state.0", "data/n1/hard-state.1"];

  it("is not trusted when it is gone and the cluster is known", async () => {
    const disk = await usedDisk();
    for (const file of files) disk.remove(file);
    expect((await open(disk)).hardState.trusted).toBe(false);
    disk.crash(ALL_LOST);
    expect((await open(disk)).hardState.trusted).toBe(false);
  });

  it("that is gone takes its manifest from the files, so that the log is still there", async () => {
    const disk = await writtenDisk();
    const before = await openLog(disk.fork().mount());
    for (const name of ["data/hard-state.0", "data/hard-state.1"]) disk.remove(name);
    const { data: directory, log } = await openLog(disk.mount());
    expect(log.segments()).toEqual(before.log.segments());
    expect(await readAll(log)).toEqual(await readAll(before.log));
    expect(directory.hardState.trusted).toBe(false);
    // The votes are lost, but the term is known from the log.
    expect(directory.hardState.current.currentTerm).toBe(log.tail.last.term);
    disk.crash(ALL_LOST);
    const again = await openLog(disk.mount());
    expect(again.data.hardState.trusted).toBe(false);
    expect(again.log.tail).toEqual(log.tail);
  });

  it("is fresh when it is gone and nobody can have voted yet", async () => {
    const disk = new SimDisk();
    await open(disk);
    disk.crash(ALL_LOST);
    for (const file of files) disk.remove(file);
    expect((await open(disk)).hardState.trusted).toBe(true);
  });
});
