import { beforeEach, describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { ALL_LOST, crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { Checkpoint, FileSystem } from "../../../src/storage/index.ts";
import { DurableCheckpoints } from "../../../src/storage/snapshots/durable-checkpoints.ts";
import { withoutDirectorySync } from "../../support/altered-file-system.ts";

const FOLDER = "data/snapshots";

function checkpoint(index: number, state = "{}"): Checkpoint {
  const last = { index: LogIndex(index), term: Term(1) };
  const start = { last, nextOffset: Offset(index * 2), chain: index, timestamp: 1_000 + index };
  return { start, state: new Uint8Array(Buffer.from(state)) };
}

function path(index: number): string {
  return `${FOLDER}/${String(index).padStart(20, "0")}.checkpoint`;
}

let notes: string[];

function open(fileSystem: FileSystem): Promise<DurableCheckpoints> {
  notes = [];
  return DurableCheckpoints.open(fileSystem, FOLDER, notes);
}

async function diskWith(...indexes: readonly number[]): Promise<SimDisk> {
  const disk = new SimDisk();
  const store = await open(disk.mount());
  for (const index of indexes) await store.save(checkpoint(index));
  await store.close();
  disk.kill();
  return disk;
}

function flip(disk: SimDisk, file: string, byte: number): void {
  const bytes = disk.readFile(file).slice();
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  disk.put(file, bytes);
}

let disk: SimDisk;

beforeEach(async () => {
  disk = await diskWith(4, 8, 12);
});

describe("checkpoints", () => {
  it("are none, and make no folder, before the first", async () => {
    const empty = new SimDisk();
    const store = await open(empty.mount());
    expect(store.list()).toEqual([]);
    expect(await store.newest(LogIndex(9))).toBe(undefined);
    expect(empty.operations).toEqual([]);
  });

  it("are listed oldest first, and survive a power loss", async () => {
    disk.crash(ALL_LOST);
    const store = await open(disk.mount());
    expect(store.list().map(({ index }) => index)).toEqual([4, 8, 12]);
    expect(await store.read(LogIndex(8))).toEqual(checkpoint(8));
    expect(notes).toEqual([]);
  });

  it("answer with the newest up to an index", async () => {
    const store = await open(disk.mount());
    expect(await store.newest(LogIndex(11))).toEqual(checkpoint(8));
    expect(await store.newest(LogIndex(12))).toEqual(checkpoint(12));
    expect(await store.newest(LogIndex(3))).toBe(undefined);
  });

  it("go but for those that are kept", async () => {
    const store = await open(disk.mount());
    await store.prune((index) => index === 4 || index === 12);
    disk.crash(ALL_LOST);
    expect((await open(disk.mount())).list().map(({ index }) => index)).toEqual([4, 12]);
    expect(await store.read(LogIndex(8))).toBe(undefined);
  });

  it("are not written again when the same bytes are there", async () => {
    const store = await open(disk.mount());
    const before = disk.operations.length;
    await store.save(checkpoint(8));
    expect(disk.operations.length).toBe(before);
  });

  it("stop for good when a write fails", async () => {
    const store = await open(disk.mount());
    disk.capacityBytes = 0;
    await expect(store.save(checkpoint(16))).rejects.toMatchObject({ kind: "io" });
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await expect(store.save(checkpoint(20))).rejects.toMatchObject({ kind: "io" });
    expect(await store.read(LogIndex(8))).toEqual(checkpoint(8));
  });
});

describe("a damaged checkpoint", () => {
  it("is never absent: it is named, with its byte, and passed over", async () => {
    flip(disk, path(12), 60);
    const store = await open(disk.mount());
    expect(notes).toEqual([
      `${path(12)}: byte 58: its SHA-256 does not match its bytes; ` +
        "kept until it can be written anew",
    ]);
    expect(store.list().at(-1)).toMatchObject({ index: 12, damage: expect.any(String) });
    expect(await store.newest(LogIndex(20))).toEqual(checkpoint(8));
    await expect(store.read(LogIndex(12))).rejects.toMatchObject({ code: "CORRUPT" });
    await expect(store.readFile(LogIndex(12))).rejects.toThrow(path(12));
  });

  it("is found also when it was damaged after the start", async () => {
    const store = await open(disk.mount());
    flip(disk, path(12), 3);
    expect(await store.newest(LogIndex(20))).toEqual(checkpoint(8));
    expect(store.list().at(-1)?.damage).toMatch(/byte 0/);
  });

  it("stays when others go, until one of its index is saved", async () => {
    flip(disk, path(8), 60);
    const store = await open(disk.mount());
    await store.prune((index) => index === 12);
    expect(store.list().map(({ index }) => index)).toEqual([8, 12]);
    await store.save(checkpoint(8));
    expect(await store.read(LogIndex(8))).toEqual(checkpoint(8));
    expect(store.list().map(({ damage }) => damage)).toEqual([undefined, undefined]);
  });

  it("is one that has another's name", async () => {
    disk.put(path(16), disk.readFile(path(12)).slice());
    const store = await open(disk.mount());
    expect(store.list().at(-1)?.damage).toMatch(/it is the checkpoint of entry 12/);
  });
});

describe("a crash at every boundary, whatever it leaves, of", () => {
  /** What was there before stays, and what was told to be saved is there, whole. */
  async function survives(
    from: SimDisk,
    act: (store: DurableCheckpoints) => Promise<void>,
    allowed: (listed: readonly number[], done: boolean) => boolean,
  ): Promise<number> {
    let cells = 0;
    const run = async (fileSystem: FileSystem, notesOfRun: { done: boolean }): Promise<void> => {
      await act(await open(fileSystem));
      notesOfRun.done = true;
      // One boundary more: whatever was not synced by now can still be lost.
      await fileSystem.open(`${FOLDER}/later`, "create");
    };
    for await (const stopped of everyBoundary(() => ({ done: false }), run, from))
      for (const outcome of crashOutcomes(stopped.disk, { grainBytes: 32, maxTears: 6 })) {
        const label = `stopped ${stopped.label}; ${outcome.label}`;
        const store = await open(outcome.disk.mount());
        const seen = outcome.disk.fork();
        seen.crash(ALL_LOST);
        const again = await open(seen.mount());
        expect(again.list(), label).toEqual(store.list());
        expect(notes, label).toEqual([]);
        expect(outcome.disk.files().filter((name) => name.endsWith(".tmp"))).toEqual([]);
        for (const { index, damage } of store.list()) {
          expect(damage, label).toBe(undefined);
          expect(await store.read(index), label).toEqual(checkpoint(index));
        }
        const listed = store.list().map(({ index }) => index as number);
        if (!allowed(listed, stopped.notes.done)) expect.fail(`${label}: ${listed.join()}`);
        cells++;
      }
    return cells;
  }

  const has = (listed: readonly number[], ...indexes: readonly number[]) =>
    indexes.every((index) => listed.includes(index));

  it("the first save", async () => {
    const cells = await survives(
      new SimDisk(),
      (store) => store.save(checkpoint(4)),
      (listed, done) => (done ? has(listed, 4) : listed.length <= 1),
    );
    expect(cells).toBeGreaterThan(20);
  });

  it("a save, and of the removal of older ones", async () => {
    const cells = await survives(
      disk,
      async (store) => {
        await store.save(checkpoint(16));
        await store.prune((index) => index !== 8);
      },
      (listed, done) => has(listed, 4, 12) && (!done || (has(listed, 16) && !has(listed, 8))),
    );
    expect(cells).toBeGreaterThan(20);
  });

  it("a save, were the folder never synced: that is caught", async () => {
    const lost = disk.fork();
    await (await open(withoutDirectorySync(lost.mount()))).save(checkpoint(16));
    lost.crash(ALL_LOST);
    expect((await open(lost.mount())).list().map(({ index }) => index)).toEqual([4, 8, 12]);
  });
});
