import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/common/random.ts";
import {
  ALL_KEPT,
  ALL_LOST,
  type CrashPolicy,
  type Filling,
  randomFates,
  SimDisk,
} from "../../../src/sim/disk/index.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** A disk with `d/f` on it, durable, holding `content`. */
function diskWith(content: string): SimDisk {
  const disk = new SimDisk();
  disk.put("d/f", bytes(content));
  return disk;
}

async function writeTo(fileSystem: FileSystem, content: string, position: number, sync: boolean) {
  const file = await fileSystem.open("d/f", "write");
  await file.write([bytes(content)], position);
  if (sync) await file.sync();
  await file.close();
}

async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  return settled;
}

const keepingWrites = (...kept: string[]): CrashPolicy => ({
  ...ALL_LOST,
  write: ({ label }) => (kept.some((part) => label.includes(part)) ? "kept" : "lost"),
});

describe("a file on the simulated disk", () => {
  it("reads back what was written before any sync", async () => {
    const disk = diskWith("old");
    const fileSystem = disk.mount();
    await writeTo(fileSystem, "new and longer", 0, false);
    const file = await fileSystem.open("d/f", "read");
    const into = new Uint8Array(20);
    expect(await file.read(into, 4)).toBe(10);
    expect(text(into.subarray(0, 10))).toBe("and longer");
    expect(await file.size()).toBe(14);
  });

  it("loses a write that was not synced", async () => {
    const disk = diskWith("old");
    await writeTo(disk.mount(), "new", 0, false);
    disk.crash(ALL_LOST);
    expect(text(disk.readFile("d/f"))).toBe("old");
  });

  it("keeps a write that was synced, and loses the one after it", async () => {
    const disk = diskWith("....");
    const file = await disk.mount().open("d/f", "write");
    await file.write([bytes("a"), bytes("b")], 0);
    await file.sync();
    await file.write([bytes("cd")], 2);
    disk.crash(ALL_LOST);
    expect(text(disk.readFile("d/f"))).toBe("ab..");
  });

  it("does not count a sync that was under way when the power went", async () => {
    const disk = diskWith("old");
    const file = await disk.mount().open("d/f", "write");
    await file.write([bytes("new")], 0);
    const sync = file.sync();
    disk.crash(ALL_LOST);
    expect(await settles(sync)).toBe(false);
    expect(text(disk.readFile("d/f"))).toBe("old");
  });

  it("lets a later write survive an earlier one", async () => {
    const disk = diskWith("....");
    const file = await disk.mount().open("d/f", "write");
    await file.write([bytes("aa")], 0);
    await file.write([bytes("bb")], 2);
    disk.crash(keepingWrites("2+2"));
    expect(text(disk.readFile("d/f"))).toBe("..bb");
  });

  it("brings back what a truncate that was not synced had cut", async () => {
    const disk = diskWith("abcdef");
    const file = await disk.mount().open("d/f", "write");
    await file.truncate(2);
    expect(await file.size()).toBe(2);
    const kept = disk.fork();
    disk.crash(ALL_LOST);
    kept.crash(ALL_KEPT);
    expect(text(disk.readFile("d/f"))).toBe("abcdef");
    expect(text(kept.readFile("d/f"))).toBe("ab");
  });

  it.each<[Filling, RegExp, number]>([
    ["old", /^x{512}$/, 1200],
    ["zeros", /^\0{512}$/, 2048],
    ["garbage", /^(?!.*(n{8}|x{8}|\0{8}))/s, 2048],
  ])("fills sectors of a torn write that did not arrive with %s", async (filling, lost, size) => {
    const disk = diskWith("x".repeat(1200));
    await writeTo(disk.mount(), "n".repeat(2048), 0, false);
    const arrived = (sector: number) => sector === 0;
    disk.crash({ ...ALL_LOST, write: () => ({ grainBytes: 512, arrived, filling }) });
    const content = text(disk.readFile("d/f").slice(0, 1024));
    expect(content.slice(0, 512)).toBe("n".repeat(512));
    expect(content.slice(512)).toMatch(lost);
    expect(disk.readFile("d/f").length).toBe(size);
  });

  it("harms no byte beside a torn write", async () => {
    const disk = diskWith("left.....right");
    await writeTo(disk.mount(), "-----", 4, false);
    const arrived = () => false;
    disk.crash({
      ...ALL_LOST,
      write: () => ({ grainBytes: 512, arrived, filling: "zeros" }),
    });
    expect(text(disk.readFile("d/f"))).toBe("left\0\0\0\0\0right");
  });
});

describe("a name on the simulated disk", () => {
  async function createSynced(fileSystem: FileSystem, path: string): Promise<void> {
    const file = await fileSystem.open(path, "create");
    await file.write([bytes("content")], 0);
    await file.sync();
    await file.close();
  }

  it("vanishes with its synced content when its directory was never synced", async () => {
    const disk = diskWith("");
    await createSynced(disk.mount(), "d/new");
    expect(disk.files()).toEqual(["d/f", "d/new"]);
    disk.crash(ALL_LOST);
    expect(disk.files()).toEqual(["d/f"]);
  });

  it("stays once its directory was synced", async () => {
    const disk = diskWith("");
    const fileSystem = disk.mount();
    await createSynced(fileSystem, "d/new");
    await fileSystem.syncDirectory("d");
    disk.crash(ALL_LOST);
    expect(text(disk.readFile("d/new"))).toBe("content");
  });

  it("comes back when its unlink was not synced", async () => {
    const disk = diskWith("here");
    await disk.mount().unlink("d/f");
    expect(disk.files()).toEqual([]);
    disk.crash(ALL_LOST);
    expect(text(disk.readFile("d/f"))).toBe("here");
  });

  it("points at the old file or at the new one after a rename that was not synced", async () => {
    const disk = diskWith("old");
    const fileSystem = disk.mount();
    await createSynced(fileSystem, "d/temporary");
    await fileSystem.syncDirectory("d");
    await fileSystem.rename("d/temporary", "d/f");
    expect(text(disk.readFile("d/f"))).toBe("content");
    const kept = disk.fork();
    disk.crash(ALL_LOST);
    kept.crash(ALL_KEPT);
    expect(disk.files()).toEqual(["d/f", "d/temporary"]);
    expect(text(disk.readFile("d/f"))).toBe("old");
    expect(kept.files()).toEqual(["d/f"]);
    expect(text(kept.readFile("d/f"))).toBe("content");
  });

  it("is refused when it is there already, or is not there", async () => {
    const fileSystem = diskWith("").mount();
    await expect(fileSystem.open("d/f", "create")).rejects.toThrow(
      "cannot create d/f: it exists already (EEXIST)",
    );
    await expect(fileSystem.open("d/g", "read")).rejects.toThrow(
      "cannot open d/g: it does not exist (ENOENT)",
    );
    expect(await fileSystem.list("d")).toEqual(["f"]);
    expect(await fileSystem.list("e")).toBeUndefined();
  });

  it("of a new directory is durable once makeDirectory is done", async () => {
    const disk = new SimDisk();
    await disk.mount().makeDirectory("data/n1/log");
    disk.crash(ALL_LOST);
    expect(await disk.mount().list("data/n1")).toEqual(["log"]);
  });
});

describe("an incarnation", () => {
  it("never hears of its calls again once it is dead, and changes nothing more", async () => {
    const disk = diskWith("old");
    const fileSystem = disk.mount();
    const file = await fileSystem.open("d/f", "write");
    const outstanding = file.write([bytes("new")], 0);
    disk.kill();
    const late = file.write([bytes("late")], 0);
    const opening = fileSystem.open("d/f", "read");
    expect(await settles(outstanding)).toBe(false);
    expect(await settles(late)).toBe(false);
    expect(await settles(opening)).toBe(false);
    expect(text(disk.readFile("d/f"))).toBe("new");
  });

  it("leaves its unsynced writes to the next, which may still lose them", async () => {
    const disk = diskWith("old");
    await writeTo(disk.mount(), "new", 0, false);
    disk.kill();
    expect(text(disk.readFile("d/f"))).toBe("new");
    disk.crash(ALL_LOST);
    expect(text(disk.readFile("d/f"))).toBe("old");
  });

  it("keeps others out of a directory for as long as it lives", async () => {
    const disk = new SimDisk();
    await disk.mount().lock("data/n1");
    await expect(disk.mount().lock("data/n1")).rejects.toThrow("data/n1 is in use");
    disk.kill();
    const lock = await disk.mount().lock("data/n1");
    await lock.release();
    await disk.mount().lock("data/n1");
  });

  it.each(["write", "sync", "truncate"] as const)(
    "may not start a %s while another operation on the file is under way",
    async (what) => {
      const file = await diskWith("old").mount().open("d/f", "write");
      const first = file.write([bytes("a")], 0);
      const second = {
        write: () => file.write([bytes("b")], 1),
        sync: () => file.sync(),
        truncate: () => file.truncate(0),
      };
      await expect(second[what]()).rejects.toThrow("while its write is under way");
      await first;
    },
  );

  it("may not change bytes that it is writing", async () => {
    const file = await diskWith("old").mount().open("d/f", "write");
    const chunk = bytes("new");
    const write = file.write([chunk], 0);
    chunk[0] = 0;
    await expect(write).rejects.toThrow("bytes changed while they were written");
  });

  it("may not write through a handle that was opened to read, or was closed", async () => {
    const fileSystem = diskWith("old").mount();
    const reader = await fileSystem.open("d/f", "read");
    await expect(reader.write([bytes("x")], 0)).rejects.toThrow("opened to read");
    const writer = await fileSystem.open("d/f", "write");
    await writer.close();
    await expect(writer.sync()).rejects.toThrow("closed");
  });
});

describe("a fault", () => {
  it("makes one sync fail: later ones succeed, but the bytes never reach the device", async () => {
    const disk = diskWith("old");
    const file = await disk.mount().open("d/f", "write");
    disk.fault({ operation: "sync", path: /f$/, effect: "fail" });
    await file.write([bytes("new")], 0);
    await expect(file.sync()).rejects.toThrow(
      "cannot sync d/f: the device reported an error (EIO)",
    );
    await file.sync();
    expect(text(disk.readFile("d/f"))).toBe("new");
    disk.crash(ALL_KEPT);
    expect(text(disk.readFile("d/f"))).toBe("old");
  });

  it("makes one write fail halfway", async () => {
    const disk = diskWith("....");
    const file = await disk.mount().open("d/f", "write");
    disk.fault({ operation: "write", effect: "fail", code: "ENOSPC" });
    await expect(file.write([bytes("abcd")], 0)).rejects.toMatchObject({
      kind: "io",
      message: expect.stringContaining("the disk is full (ENOSPC)"),
    });
    expect(text(disk.readFile("d/f"))).toBe("ab..");
    await file.write([bytes("abcd")], 0);
  });

  it("hangs one operation for ever", async () => {
    const disk = diskWith("old");
    const file = await disk.mount().open("d/f", "write");
    disk.fault({ operation: "sync", effect: "hang" });
    expect(await settles(file.sync())).toBe(false);
  });
});

describe("a disk with timing", () => {
  function virtualTime() {
    const queue: { at: number; run: () => void }[] = [];
    let now = 0;
    const after = (delayMs: number, run: () => void) => void queue.push({ at: now + delayMs, run });
    const finish = async (until: Promise<unknown>) => {
      while (!(await settles(until))) {
        queue.sort((a, b) => a.at - b.at);
        const next = queue.shift();
        if (next === undefined) throw new Error("nothing left to happen");
        now = next.at;
        next.run();
      }
      return now;
    };
    return { after, finish };
  }

  async function run(seed: number, slow: boolean) {
    const { after, finish } = virtualTime();
    const disk = diskWith("old").fork({ after, random: seededRandom(seed) });
    if (slow) disk.fault({ operation: "sync", effect: "slow", delayMs: 500 });
    const took = await finish(
      (async () => {
        const fileSystem = disk.mount();
        await writeTo(fileSystem, "first".repeat(400), 0, true);
        await writeTo(fileSystem, "second".repeat(400), 100, false);
      })(),
    );
    disk.crash(randomFates(seededRandom(seed)));
    return { took, content: text(disk.readFile("d/f")) };
  }

  it("takes its time, the same for the same seed", async () => {
    expect(await run(7, false)).toEqual(await run(7, false));
    expect(await run(7, false)).not.toEqual(await run(8, false));
  });

  it("is slow where a fault says so", async () => {
    expect((await run(7, true)).took).toBeGreaterThanOrEqual(500);
    expect((await run(7, false)).took).toBeLessThan(10);
  });
});

describe("a disk at rest", () => {
  it("can be looked at, patched, flipped, cut and forked", () => {
    const disk = diskWith("abc");
    const fork = disk.fork();
    disk.patch("d/f", 1, bytes("XY"));
    disk.flip("d/f", 0, 0x20);
    expect(text(disk.readFile("d/f"))).toBe("AXY");
    disk.cut("d/f", 1);
    expect(text(disk.readDurable("d/f"))).toBe("A");
    disk.remove("d/f");
    expect(disk.files()).toEqual([]);
    expect(text(fork.readFile("d/f"))).toBe("abc");
  });

  it("shares no pending change with its fork", async () => {
    const disk = diskWith("old");
    await writeTo(disk.mount(), "new", 0, false);
    await disk.mount().unlink("d/f");
    const fork = disk.fork();
    disk.crash(ALL_KEPT);
    fork.crash(ALL_LOST);
    expect(disk.files()).toEqual([]);
    expect(text(fork.readFile("d/f"))).toBe("old");
  });
});
