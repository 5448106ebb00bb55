import { describe, expect, it } from "vitest";
import { LogError } from "../../../src/common/errors.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { IncomingSnapshot } from "../../../src/storage/snapshots/incoming-snapshot.ts";
import { snapshotOf, someSnapshot, stage } from "./support/some-snapshot.ts";

const DIRECTORY = "data/snapshots";
const SNAPSHOT = someSnapshot(1, 500, 2000, 0, 900);

function open(fileSystem: FileSystem): Promise<IncomingSnapshot> {
  return IncomingSnapshot.open(fileSystem, DIRECTORY, 600);
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const thrown = await failing.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return thrown instanceof LogError ? thrown.code : String(thrown);
}

describe("a snapshot on its way in", () => {
  it("is whole again on the disk, part by part", async () => {
    const disk = new SimDisk();
    const incoming = await open(disk.mount());
    await stage(incoming, SNAPSHOT);
    const parts = await incoming.finish();
    expect(parts.map(({ name }) => name)).toEqual(SNAPSHOT.files.map(({ name }) => name));
    for (const [at, part] of parts.entries())
      expect(await incoming.read(part)).toEqual(SNAPSHOT.files[at]?.bytes);
    const staged = await incoming.extract(parts.slice(1));
    for (const [at, { name, path }] of staged.entries()) {
      expect(name).toBe(SNAPSHOT.files[at + 1]?.name);
      expect(disk.readDurable(path)).toEqual(SNAPSHOT.files[at + 1]?.bytes);
    }
    await incoming.discard();
    expect(disk.files()).toEqual([]);
  });

  it("goes on where a broken stream left it, without asking the disk", async () => {
    const incoming = await open(new SimDisk().mount());
    await stage(incoming, SNAPSHOT, 700);
    expect(await incoming.begin(SNAPSHOT.offer)).toBe(700);
    await stage(incoming, SNAPSHOT);
    expect(await incoming.finish()).toHaveLength(4);
  });

  it("goes on behind what was synced after the process ended", async () => {
    const disk = new SimDisk();
    await stage(await open(disk.mount()), SNAPSHOT, 1500);
    disk.kill();
    const incoming = await open(disk.mount());
    expect(incoming.staged).toEqual({ offer: SNAPSHOT.offer, bytes: 1200 });
    await stage(incoming, SNAPSHOT);
    expect(await incoming.finish()).toHaveLength(4);
  });

  it("begins anew for another snapshot", async () => {
    const incoming = await open(new SimDisk().mount());
    await stage(incoming, SNAPSHOT, 1500);
    const other = someSnapshot(2, 400, 300);
    expect(await incoming.begin(other.offer)).toBe(0);
    await stage(incoming, other);
    expect(await incoming.finish()).toHaveLength(2);
  });

  it("begins anew for the same content under another entry", async () => {
    const incoming = await open(new SimDisk().mount());
    await stage(incoming, SNAPSHOT, 1500);
    const { last } = someSnapshot(9, 1).offer;
    expect(await incoming.begin({ ...SNAPSHOT.offer, last })).toBe(0);
  });
});

describe("damage to what is staged", () => {
  it("is found at the end, wherever it lies, and throws it away", async () => {
    for (let at = 0; at < SNAPSHOT.content.length; at += 97) {
      const disk = new SimDisk();
      const incoming = await open(disk.mount());
      await stage(incoming, SNAPSHOT);
      disk.flip(`${DIRECTORY}/incoming`, at);
      expect(await codeOf(incoming.finish()), `byte ${at}`).toBe("CORRUPT");
      expect(disk.files()).toEqual([]);
    }
  });

  it("is found when the next process looks at it: nothing is staged then", async () => {
    for (let at = 0; at < 1200; at += 41) {
      const disk = new SimDisk();
      await stage(await open(disk.mount()), SNAPSHOT, 1500);
      disk.kill();
      disk.flip(`${DIRECTORY}/incoming`, at);
      expect((await open(disk.mount())).staged, `byte ${at}`).toBeUndefined();
      expect(disk.files()).toEqual([]);
    }
  });

  it("is found in the record of it", async () => {
    for (const at of [0, 9, 13, 40, 200, 511]) {
      const disk = new SimDisk();
      await stage(await open(disk.mount()), SNAPSHOT, 1500);
      disk.kill();
      disk.flip(`${DIRECTORY}/incoming.meta`, at);
      expect((await open(disk.mount())).staged, `byte ${at}`).toBeUndefined();
    }
  });

  it("by the sender is no whole snapshot", async () => {
    const { offer, content } = SNAPSHOT;
    const wrong = content.slice();
    wrong[content.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
    const incoming = await open(new SimDisk().mount());
    await stage(incoming, { ...SNAPSHOT, offer, content: wrong });
    expect(await codeOf(incoming.finish())).toBe("CORRUPT");
    expect(incoming.staged).toBeUndefined();
  });

  it.each(["../../identity.0", "/etc/passwd", ".hidden", ""])(
    "is a part called %j, which never becomes a file",
    async (name) => {
      const disk = new SimDisk();
      const incoming = await open(disk.mount());
      await stage(incoming, snapshotOf([{ name, bytes: Uint8Array.of(1) }]));
      expect(await codeOf(incoming.finish())).toBe("CORRUPT");
      expect(disk.files()).toEqual([]);
    },
  );
});

describe("a disk without room", () => {
  it.each([600, 1000, 2000, 3600, 5000])(
    "of %i bytes throws away what is staged, and the node lives on",
    async (capacityBytes) => {
      const disk = new SimDisk();
      disk.capacityBytes = capacityBytes;
      const incoming = await open(disk.mount());
      const whole = stage(incoming, SNAPSHOT).then(async () =>
        incoming.extract(await incoming.finish()),
      );
      expect(await codeOf(whole)).toBe("STORAGE_FULL");
      expect(disk.files()).toEqual([]);
      disk.capacityBytes = 20_000;
      await stage(incoming, SNAPSHOT);
      expect(await incoming.finish()).toHaveLength(4);
    },
  );

  it("is told from a disk that fails", async () => {
    const disk = new SimDisk();
    const incoming = await open(disk.mount());
    await stage(incoming, SNAPSHOT, 300);
    disk.fault({ operation: "write", path: /incoming$/, effect: "fail" });
    await expect(stage(incoming, SNAPSHOT)).rejects.toThrow(/device reported an error/);
  });
});
