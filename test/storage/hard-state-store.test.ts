import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { ALL_LOST, SimDisk } from "../../src/sim/disk/index.ts";
import { HARD_STATE_FORMAT } from "../../src/storage/hard-state-format.ts";
import { DurableHardState } from "../../src/storage/hard-state-store.ts";
import { readRecordPair } from "../../src/storage/paired-record.ts";

async function open(disk: SimDisk, unused = false, notes: string[] = []) {
  const fileSystem = disk.mount();
  await fileSystem.makeDirectory("d");
  const pair = await readRecordPair(fileSystem, "d", HARD_STATE_FORMAT);
  return DurableHardState.open({ fileSystem, directory: "d", pair, unused, notes });
}

/** A disk whose hard state says term 5, vote n2, in its second boot. */
async function votedDisk(): Promise<SimDisk> {
  const disk = new SimDisk();
  await open(disk, true);
  disk.kill();
  const store = await open(disk);
  await store.update({ currentTerm: Term(5), votedFor: "n2" });
  disk.crash(ALL_LOST);
  return disk;
}

describe("hard state", () => {
  it("begins at term 0 without a vote, in its first incarnation", async () => {
    const store = await open(new SimDisk(), true);
    expect(store.current).toEqual({
      currentTerm: 0,
      votedFor: undefined,
      incarnation: 1,
      firstSegment: undefined,
      activeSegment: undefined,
      snapshot: undefined,
      compactedTo: LogIndex(0),
      reset: undefined,
    });
    expect(store.trusted).toBe(true);
  });

  it("keeps what it reported through a power loss, and counts every boot", async () => {
    const store = await open(await votedDisk());
    expect(store.current).toMatchObject({ currentTerm: 5, votedFor: "n2", incarnation: 3 });
  });

  it("merges patches that overlap, in the order of the calls", async () => {
    const disk = new SimDisk();
    const store = await open(disk, true);
    const segment = { baseOffset: Offset(48_211), firstIndex: LogIndex(1_000) };
    await Promise.all([
      store.update({ currentTerm: Term(7), votedFor: "n1" }),
      store.update({ activeSegment: segment }),
      store.update({ currentTerm: Term(8), votedFor: undefined }),
    ]);
    disk.crash(ALL_LOST);
    const { current } = await open(disk);
    expect(current).toMatchObject({ currentTerm: 8, activeSegment: segment });
    expect(current.votedFor).toBeUndefined();
  });

  it("resolves an update only when both files hold its values", async () => {
    const disk = new SimDisk();
    const store = await open(disk, true);
    const first = store.update({ currentTerm: Term(1) });
    const second = store.update({ currentTerm: Term(2) });
    await first;
    expect(store.current.currentTerm).toBe(1);
    await second;
    disk.crash(ALL_LOST);
    for (const lost of ["d/hard-state.0", "d/hard-state.1"]) {
      const fork = disk.fork();
      fork.remove(lost);
      expect((await open(fork)).current.currentTerm).toBe(2);
    }
  });

  it("fails for good once a sync has failed", async () => {
    const disk = new SimDisk();
    const store = await open(disk, true);
    disk.fault({ operation: "sync", path: /hard-state\.1$/, effect: "fail" });
    const failing = store.update({ currentTerm: Term(1) });
    const waiting = store.update({ currentTerm: Term(2) });
    await expect(failing).rejects.toMatchObject({ kind: "io", exitCode: 6 });
    await expect(waiting).rejects.toThrow("cannot sync d/hard-state.1");
    await expect(store.update({})).rejects.toThrow("cannot sync d/hard-state.1");
    expect(store.current.currentTerm).toBe(0);
  });
});

describe("a hard state file that is damaged", () => {
  const files = ["d/hard-state.0", "d/hard-state.1"] as const;

  it.each(files)("is healed from the other, whichever byte of %s was flipped", async (file) => {
    const disk = await votedDisk();
    for (let byte = 0; byte < disk.readFile(file).length; byte++) {
      const fork = disk.fork();
      fork.flip(file, byte);
      const notes: string[] = [];
      const store = await open(fork, false, notes);
      expect(store.current).toMatchObject({ currentTerm: 5, votedFor: "n2" });
      expect(notes).toEqual([expect.stringContaining(`${file} was damaged`)]);
      expect(fork.readFile(files[0])).toEqual(fork.readFile(files[1]));
    }
  });

  it.each([0, 1, 31, 32, 511, 513, 100_000])("is healed when it has %d bytes", async (length) => {
    const disk = await votedDisk();
    disk.cut("d/hard-state.0", length);
    expect((await open(disk)).current).toMatchObject({ currentTerm: 5, votedFor: "n2" });
    expect(disk.readFile("d/hard-state.0")).toEqual(disk.readFile("d/hard-state.1"));
  });

  it("like the other leaves a node without trust in itself, at every later boot too", async () => {
    const disk = await votedDisk();
    for (const file of files) disk.flip(file, 100);
    const notes: string[] = [];
    expect((await open(disk, false, notes)).trusted).toBe(false);
    expect(notes.join()).toContain("does not vote");
    disk.crash(ALL_LOST);
    const again = await open(disk);
    expect(again.trusted).toBe(false);
    await again.update({ currentTerm: Term(9) });
    disk.crash(ALL_LOST);
    expect((await open(disk)).trusted).toBe(false);
  });

  it("and absent like the other is not trusted where a vote may have been given", async () => {
    const disk = await votedDisk();
    for (const file of files) disk.remove(file);
    expect((await open(disk.fork(), false)).trusted).toBe(false);
    expect((await open(disk.fork(), true)).trusted).toBe(true);
  });

  it("of a newer version is refused, and nothing is changed", async () => {
    const disk = await votedDisk();
    const { encodeRecord } = await import("../../src/storage/record-file.ts");
    const newer = { ...HARD_STATE_FORMAT, version: 2 };
    const value = { record: (await open(disk.fork())).current, trusted: true };
    disk.put("d/hard-state.1", encodeRecord(newer, 99, value));
    const before = disk.files().map((file) => disk.readFile(file));
    await expect(open(disk)).rejects.toMatchObject({
      kind: "config",
      message: expect.stringMatching(
        /hard-state\.1 has format version 2, and this program knows 1/,
      ),
    });
    expect(disk.files().map((file) => disk.readFile(file))).toEqual(before);
  });
});
