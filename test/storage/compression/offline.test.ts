import { describe, expect, it } from "vitest";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { InflatingFileSystem } from "../../../src/storage/compression/inflating-file-system.ts";
import { listSegments } from "../../../src/storage/dump/list-segments.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { repairDataDirectory } from "../../../src/storage/index.ts";
import { verifyDataDirectory } from "../../../src/storage/verify.ts";
import { lines, writtenDisk } from "../support/written-disk.ts";
import { compressOffline } from "./support/compress.ts";

const FIRST = "data/log/00000000000000000000.log";

const inflating = (disk: SimDisk): FileSystem => new InflatingFileSystem(disk.mount());

async function verify(disk: SimDisk): Promise<readonly string[]> {
  const found = [];
  for await (const finding of verifyDataDirectory(inflating(disk), "data")) found.push(finding);
  return lines(found);
}

/** A clean directory, its first segment compressed. */
async function compressedDisk(): Promise<{ disk: SimDisk; plain: Buffer }> {
  const disk = await writtenDisk();
  const plain = Buffer.from(disk.readFile(FIRST));
  await compressOffline(disk, FIRST);
  return { disk, plain };
}

describe("a directory with a compressed segment, looked at offline", () => {
  it("verifies clean, and says what the file takes", async () => {
    const { disk, plain } = await compressedDisk();
    expect(await verify(disk)).toEqual([]);
    const [first, second] = await listSegments(inflating(disk), "data");
    const storedBytes = disk.readFile(FIRST).length;
    expect(first).toMatchObject({ bytes: plain.length, storedBytes });
    expect(second).not.toHaveProperty("storedBytes");
    expect(await repairDataDirectory(inflating(disk), "data", { apply: false })).toEqual([]);
  });

  it("is found damaged by each flipped byte", async () => {
    const { disk } = await compressedDisk();
    const { length } = disk.readFile(FIRST);
    for (let byte = 0; byte < length; byte += 3) {
      const harmed = disk.fork();
      harmed.flip(FIRST, byte, 1 << (byte % 8));
      expect((await verify(harmed)).join()).toMatch(/^damaged data\/log\/0{20}\.log:\d+/);
    }
  });

  it("has a damaged head mended by repair, which writes the file plain", async () => {
    const { disk, plain } = await compressedDisk();
    disk.flip(FIRST, 20);
    const found = await repairDataDirectory(inflating(disk), "data", { apply: true });
    expect(found.map(({ kind, what }) => `${kind}: ${what}`)).toEqual([
      "mend: the first head is damaged; the file is written anew, plain",
    ]);
    expect(Buffer.from(disk.readFile(FIRST))).toEqual(plain);
    expect(await verify(disk)).toEqual([]);
  });

  it("names what an interrupted compression left, and repair removes it", async () => {
    const { disk } = await compressedDisk();
    disk.put(`${FIRST}.deflate`, Buffer.from("half"));
    expect((await verify(disk)).join()).toMatch(/^torn .*\.log\.deflate/);
    await repairDataDirectory(inflating(disk), "data", { apply: true });
    expect(await verify(disk)).toEqual([]);
  });
});
