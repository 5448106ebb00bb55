import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { randomInteger, seededRandom } from "../../../src/common/random.ts";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { encodeHead, encodeTrailer, headBytesFor } from "../../../src/storage/compression/head.ts";
import {
  headFaultOf,
  InflatingFileSystem,
  storedBytesOf,
} from "../../../src/storage/compression/inflating-file-system.ts";
import { plainBytes } from "../../../src/storage/compression/plain-bytes.ts";
import {
  BLOCK_BYTES,
  bomb,
  compressOffline,
  readWhole,
  sealedSegment,
} from "./support/compress.ts";

async function compressedSegment() {
  const made = await sealedSegment();
  await compressOffline(made.disk, made.path);
  return made;
}

function mounted(disk: SimDisk): InflatingFileSystem {
  return new InflatingFileSystem(disk.mount());
}

/** Blocks that differ from the plain file's; each must be zeros then. */
function lostBlocks(found: Uint8Array, plain: Uint8Array): readonly number[] {
  const lost: number[] = [];
  for (let at = 0; at < plain.length; at += BLOCK_BYTES) {
    const [is, was] = [found, plain].map((bytes) => bytes.subarray(at, at + BLOCK_BYTES));
    if (Buffer.compare(is as Uint8Array, was as Uint8Array) === 0) continue;
    expect(is?.every((byte) => byte === 0)).toBe(true);
    lost.push(at / BLOCK_BYTES);
  }
  return lost;
}

describe("a compressed file", () => {
  it("is smaller on the disk, and the same to whoever reads it", async () => {
    const { disk, path, plain } = await compressedSegment();
    const stored = disk.readFile(path);
    expect(stored.length).toBeLessThan(plain.length * (7 / 8));
    const file = await mounted(disk).open(path, "read");
    expect(await file.size()).toBe(plain.length);
    expect(storedBytesOf(file)).toBe(stored.length);
    expect(await headFaultOf(file)).toBeUndefined();
    const random = seededRandom(1);
    for (let round = 0; round < 500; round++) {
      const from = randomInteger(random, 0, plain.length + 20);
      const into = new Uint8Array(randomInteger(random, 0, 3 * BLOCK_BYTES));
      const filled = await file.read(into, from);
      expect(into.subarray(0, filled)).toEqual(plain.slice(from, from + into.length));
    }
    expect(plainBytes(stored)).toEqual(plain);
    expect(plainBytes(plain)).toEqual(plain);
  });

  it("loses one block, or a head that is named, by each byte that is flipped", async () => {
    const { disk, path, plain } = await compressedSegment();
    const stored = disk.readFile(path).length;
    const blocks = Math.ceil(plain.length / BLOCK_BYTES);
    const headBytes = headBytesFor(blocks);
    for (let byte = 0; byte < stored; byte++) {
      const harmed = disk.fork();
      harmed.flip(path, byte, 1 << (byte % 8));
      const file = await mounted(harmed).open(path, "read");
      const found = new Uint8Array(await file.size());
      await file.read(found, 0);
      const fault = (await headFaultOf(file))?.what;
      const lost = lostBlocks(found, plain);
      const inHead = byte < headBytes ? "first" : byte >= stored - headBytes - 16 ? "last" : "";
      expect(lost).toHaveLength(inHead === "" ? 1 : 0);
      expect(fault).toBe(inHead === "" ? undefined : `the ${inHead} head is damaged`);
    }
  });

  it("keeps the blocks that are left of it, however it is cut", async () => {
    const { disk, path, plain } = await compressedSegment();
    const stored = disk.readFile(path).length;
    const headBytes = headBytesFor(Math.ceil(plain.length / BLOCK_BYTES));
    for (let length = stored - 1; length >= headBytes; length--) {
      const harmed = disk.fork();
      harmed.cut(path, length);
      const mount = mounted(harmed);
      lostBlocks(await readWhole(mount, path), plain);
      const file = await mount.open(path, "read");
      expect((await headFaultOf(file))?.what).toBe("the last head is damaged");
    }
    for (const length of [0, 1, 8, 32, headBytes - 1]) {
      const harmed = disk.fork();
      harmed.cut(path, length);
      expect(await readWhole(mounted(harmed), path)).toHaveLength(length);
    }
  });

  it("counts as a plain one that is damaged when both its heads are", async () => {
    const { disk, path } = await compressedSegment();
    const stored = disk.readFile(path).length;
    disk.flip(path, 3);
    disk.flip(path, stored - 20);
    expect(await readWhole(mounted(disk), path)).toEqual(Uint8Array.from(disk.readFile(path)));
  });

  it("is refused when a later version wrote it", async () => {
    const { disk, path } = await compressedSegment();
    const bytes = Uint8Array.from(disk.readFile(path));
    const headBytes = new DataView(bytes.buffer).getUint32(bytes.length - 16, true);
    const view = new DataView(bytes.buffer);
    view.setUint32(8, 2, true);
    view.setUint32(headBytes - 4, crc32(bytes.subarray(0, headBytes - 4)), true);
    disk.put(path, bytes);
    await expect(mounted(disk).open(path, "read")).rejects.toMatchObject({ kind: "config" });
  });

  it("allocates no more than its own size allows, whatever it claims", async () => {
    const { disk, path } = await compressedSegment();
    // 64 MiB of zeros in a block that should hold 300 bytes; its sum is right.
    const stored = bomb(64 << 20).subarray(0, 299);
    const place = { storedBytes: stored.length, crc: crc32(stored) };
    const head = encodeHead({ blockBytes: 300, logicalBytes: 300, blocks: [place] });
    const trailer = encodeTrailer(head.length);
    disk.put(path, Buffer.concat([head, stored, head, trailer]));
    expect(await readWhole(mounted(disk), path)).toEqual(new Uint8Array(300));
    // A head that claims four thousand million blocks is longer than the file.
    const lying = Uint8Array.from(head);
    new DataView(lying.buffer).setUint32(24, 0xffff_ffff, true);
    disk.put(path, lying);
    expect(await readWhole(mounted(disk), path)).toHaveLength(lying.length);
    // One whose numbers do not agree with each other is none, though its sum is right.
    const odd = encodeHead({ blockBytes: 1, logicalBytes: 2 ** 52, blocks: [place] });
    disk.put(path, odd);
    expect(await readWhole(mounted(disk), path)).toHaveLength(odd.length);
  });

  it("is plain on the disk before a byte of it is changed", async () => {
    const { disk, path, plain } = await compressedSegment();
    const mount = mounted(disk);
    const file = await mount.open(path, "write");
    const piece = new Uint8Array(100);
    await file.read(piece, 50);
    expect(piece).toEqual(plain.slice(50, 150));
    expect(disk.readFile(path).length).toBeLessThan(plain.length);
    await file.write([Uint8Array.of(1, 2, 3)], 60);
    await file.sync();
    await file.truncate(200);
    expect(await file.size()).toBe(200);
    await file.close();
    const expected = Uint8Array.from(plain.subarray(0, 200));
    expected.set([1, 2, 3], 60);
    expect(Uint8Array.from(disk.readFile(path))).toEqual(expected);
    expect(await readWhole(mount, path)).toEqual(expected);
    expect(disk.files().filter((name) => name.endsWith(".deflate"))).toEqual([]);
  });
});
