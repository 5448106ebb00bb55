import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { SimDisk } from "../../src/sim/disk/index.ts";
import { openDataDirectory } from "../../src/storage/index.ts";

const MARKS = { lowBytes: 10_000, reserveBytes: 4_000 };
const RESERVE = "data/RESERVE";

async function directoryOn(disk: SimDisk) {
  const random = seededRandom(1);
  return openDataDirectory(disk.mount(), "data", { nodeId: "n1", random, space: MARKS });
}

/** Leaves `free` bytes on the disk. */
function leave(disk: SimDisk, free: number): void {
  disk.capacityBytes = Number.MAX_SAFE_INTEGER;
  const used = Number.MAX_SAFE_INTEGER - disk.freeBytes;
  disk.capacityBytes = used + free;
}

const hasReserve = (disk: SimDisk) => disk.files().includes(RESERVE);

describe("the watch over free space", () => {
  it("makes the reserve at the first look, durably, where there is room", async () => {
    const disk = new SimDisk();
    const { space } = await directoryOn(disk);
    expect(hasReserve(disk)).toBe(false);
    leave(disk, 100_000);
    expect(await space.check()).toEqual({ freeBytes: 96_000, low: false });
    expect(disk.readDurable(RESERVE)).toHaveLength(4_000);
    expect(disk.pendingEntries()).toEqual([]);
  });

  it("gives the reserve back to a disk that is low, and takes it again", async () => {
    const disk = new SimDisk();
    const { space } = await directoryOn(disk);
    leave(disk, 100_000);
    await space.check();
    leave(disk, 9_999);
    expect(await space.check()).toEqual({ freeBytes: 13_999, low: true });
    expect(hasReserve(disk)).toBe(false);
    // Low until there is room for the reserve, too: else it would be low again at once.
    expect(await space.check()).toEqual({ freeBytes: 13_999, low: true });
    leave(disk, 14_000);
    expect(await space.check()).toEqual({ freeBytes: 10_000, low: false });
    expect(hasReserve(disk)).toBe(true);
  });

  it("does without one on a disk that is low from the first look on", async () => {
    const disk = new SimDisk();
    const { space } = await directoryOn(disk);
    leave(disk, 13_999);
    expect(await space.check()).toEqual({ freeBytes: 13_999, low: true });
    expect(hasReserve(disk)).toBe(false);
  });

  it("finds the reserve of an earlier process, and completes one that was cut short", async () => {
    for (const bytes of [4_000, 100]) {
      const disk = new SimDisk();
      const first = await directoryOn(disk);
      await first.close();
      disk.put(RESERVE, new Uint8Array(bytes));
      const { space } = await directoryOn(disk);
      leave(disk, 20_000);
      expect((await space.check()).low).toBe(false);
      expect(disk.readFile(RESERVE)).toHaveLength(4_000);
    }
  });

  it("takes one look for all who ask at the same time", async () => {
    const disk = new SimDisk();
    const { space } = await directoryOn(disk);
    const looks = [space.check(), space.check(), space.check()];
    expect(new Set(await Promise.all(looks)).size).toBe(1);
  });
});
