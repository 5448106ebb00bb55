import { describe, expect, it } from "vitest";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { deflateName } from "../../../src/storage/compression/compressed-name.ts";
import { InflatingFileSystem } from "../../../src/storage/compression/inflating-file-system.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { changedFiles, compress, readWhole, sealedSegment } from "./support/compress.ts";

function besideOf(disk: SimDisk): readonly string[] {
  return disk.files().filter((path) => path.endsWith(".deflate"));
}

/** A disk that changes one byte of what is written beside the plain file. */
function lying(beneath: FileSystem, flipAt: number): FileSystem {
  return changedFiles(beneath, /\.deflate$/, (file) => ({
    write: (chunks, position) => {
      const bytes = Uint8Array.from(Buffer.concat(chunks));
      const at = flipAt - position;
      if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 4;
      return file.write([bytes], position);
    },
  }));
}

describe("compressing a file", () => {
  it("leaves the plain file alone, and a whole, synced one beside it", async () => {
    const { disk, path, plain } = await sealedSegment();
    const result = await compress(new InflatingFileSystem(disk.mount()), path);
    const stored = disk.readFile(deflateName(path)).length;
    expect(result).toEqual({ kind: "done", logicalBytes: plain.length, storedBytes: stored });
    expect(Uint8Array.from(disk.readFile(path))).toEqual(plain);
    expect(disk.pendingChanges()).toEqual([]);
  });

  it("begins anew over what an earlier attempt left", async () => {
    const { disk, path } = await sealedSegment();
    disk.put(deflateName(path), Buffer.from("half of something"));
    expect((await compress(disk.mount(), path)).kind).toBe("done");
  });

  it("gives up what does not get smaller, and leaves nothing", async () => {
    const { disk, path } = await sealedSegment();
    // The heads take more than blocks so small can save.
    const result = await compress(disk.mount(), path, { blockBytes: 24 });
    expect(result.kind).toBe("larger");
    expect(besideOf(disk)).toEqual([]);
  });

  it("does not begin where it could fill the disk", async () => {
    const { disk, path, plain } = await sealedSegment();
    disk.capacityBytes = 2 * plain.length + 4999;
    const before = disk.operationCount;
    expect(await compress(disk.mount(), path)).toEqual({ kind: "noRoom" });
    expect(disk.operationCount).toBe(before);
    disk.capacityBytes++;
    expect((await compress(disk.mount(), path)).kind).toBe("done");
  });

  it("never takes over damage: each flipped byte of the plain file is noticed", async () => {
    const { disk, path, plain } = await sealedSegment();
    for (let byte = 0; byte < plain.length; byte += 3) {
      const harmed = disk.fork();
      harmed.flip(path, byte);
      expect(await compress(harmed.mount(), path)).toEqual({ kind: "damaged" });
      expect(besideOf(harmed)).toEqual([]);
    }
  });

  it("leaves nothing when it is stopped", async () => {
    const { disk, path, plain } = await sealedSegment();
    const stopped = compress(disk.mount(), path, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "ABORTED" });
    expect(besideOf(disk)).toEqual([]);
    expect(Uint8Array.from(disk.readFile(path))).toEqual(plain);
  });

  it("finds whatever a disk changes of it on the way, before anybody relies on it", async () => {
    const { disk, path } = await sealedSegment();
    const whole = disk.fork();
    await compress(whole.mount(), path);
    const { length } = whole.readFile(deflateName(path));
    for (let byte = 0; byte < length; byte += 5) {
      const fresh = disk.fork();
      await expect(compress(lying(fresh.mount(), byte), path)).rejects.toThrow(/\.deflate/);
      expect(besideOf(fresh)).toEqual([]);
      expect(await readWhole(fresh.mount(), path)).toEqual(Uint8Array.from(disk.readFile(path)));
    }
  });
});
