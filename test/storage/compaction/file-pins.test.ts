import { describe, expect, it } from "vitest";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import { FilePins } from "../../../src/storage/compaction/file-pins.ts";

const NAME = "00000000000000000000-9.compacted";

function pinsOn(disk: SimDisk): FilePins {
  return new FilePins(disk.mount(), "snapshots", () => Promise.resolve());
}

describe("a compacted file that is read", () => {
  it("stays until its last reader is done, and goes then", async () => {
    const disk = new SimDisk();
    disk.put(`snapshots/${NAME}`, new Uint8Array(8));
    const pins = pinsOn(disk);
    pins.pin([NAME]);
    await pins.remove([NAME]);
    expect(disk.files()).toEqual([`snapshots/${NAME}`]);
    await pins.unpin([NAME]);
    expect(disk.files()).toEqual([]);
  });

  /**
   * Seed 542: leftovers were listed while a reader of one of them was at it; he was done, and
   * removed it, just before they were removed. The second removal ended the process.
   */
  it("may be removed by its last reader and as a leftover at the same time", async () => {
    const disk = new SimDisk();
    disk.put(`snapshots/${NAME}`, new Uint8Array(8));
    const pins = pinsOn(disk);
    pins.pin([NAME]);
    await pins.remove([NAME]);
    await Promise.all([pins.unpin([NAME]), pins.remove([NAME])]);
    expect(disk.files()).toEqual([]);
  });
});
