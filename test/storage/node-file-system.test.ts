import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { statfsSync } from "node:fs";
import { watchSpace } from "../../src/storage/reserve.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chunksAfter } from "../../src/storage/chunks.ts";
import { nodeFileSystem } from "../../src/storage/node-file-system.ts";

let directory = "";
const at = (name: string) => path.join(directory, name);
const bytes = (text: string) => new TextEncoder().encode(text);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "balsa-fs-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("a file of the machine", () => {
  it("holds what was written at explicit positions, however many chunks that took", async () => {
    const chunks = Array.from({ length: 3000 }, (_, i) => bytes(`chunk ${i};`));
    const file = await nodeFileSystem.open(at("f"), "create");
    await file.write(chunks, 5);
    await file.write([bytes("head:")], 0);
    await file.sync();
    const expected = Buffer.concat([bytes("head:"), ...chunks]);
    const found = new Uint8Array(expected.length + 10);
    expect(await file.size()).toBe(expected.length);
    expect(await file.read(found, 0)).toBe(expected.length);
    expect(Buffer.compare(found.subarray(0, expected.length), expected)).toBe(0);
    await file.close();
  });

  it("takes writes above the size that blocks the event loop", async () => {
    const file = await nodeFileSystem.open(at("f"), "create");
    const large = new Uint8Array(1 << 20).fill(7);
    await file.write([large, bytes("end")], 0);
    const end = new Uint8Array(4);
    expect(await file.read(end, (1 << 20) - 1)).toBe(4);
    expect([...end]).toEqual([7, ...bytes("end")]);
    await file.close();
  });

  it("is cut and extended by truncate", async () => {
    const file = await nodeFileSystem.open(at("f"), "create");
    await file.write([bytes("abcdef")], 0);
    await file.truncate(2);
    await file.truncate(4);
    const found = new Uint8Array(8);
    expect(await file.read(found, 0)).toBe(4);
    expect([...found.subarray(0, 4)]).toEqual([97, 98, 0, 0]);
    await file.close();
  });

  it("belongs to its user alone", async () => {
    const file = await nodeFileSystem.open(at("f"), "create");
    await file.close();
    expect((await stat(at("f"))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["create", "there", "cannot create DIR/there: it exists already (EEXIST)"],
    ["write", "absent", "cannot open DIR/absent: it does not exist (ENOENT)"],
    ["read", "absent", "cannot open DIR/absent: it does not exist (ENOENT)"],
  ] as const)("refuses to %s what is %s", async (mode, name, message) => {
    await writeFile(at("there"), "");
    const failure = await nodeFileSystem.open(at(name), mode).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: "io" });
    expect(String(failure)).toContain(message.replace("DIR", directory));
  });

  it("says what to do when the disk is full", async () => {
    // Every write to /dev/full fails with ENOSPC.
    const file = await nodeFileSystem.open("/dev/full", "write");
    await expect(file.write([bytes("x")], 0)).rejects.toThrow(
      "cannot write /dev/full: the disk is full (ENOSPC); free some space on it",
    );
    await file.close();
  });

  it("writes the rest of a write that stopped short", () => {
    const chunks = [bytes("abc"), bytes("def"), bytes("ghi")];
    const rest = (written: number) => Buffer.concat(chunksAfter(chunks, written)).toString();
    for (let written = 0; written <= 9; written++)
      expect(rest(written)).toBe("abcdefghi".slice(written));
    expect(chunksAfter(chunks, 3)).toHaveLength(2);
  });
});

describe("a directory of the machine", () => {
  it("is made with its parents, for its user alone, and again without harm", async () => {
    await nodeFileSystem.makeDirectory(at("a/b/c"));
    await nodeFileSystem.makeDirectory(at("a/b/c"));
    expect((await stat(at("a/b"))).mode & 0o777).toBe(0o700);
    expect(await nodeFileSystem.list(at("a/b"))).toEqual(["c"]);
    await nodeFileSystem.syncDirectory(at("a/b"));
  });

  it("lists its names in order, and is absent where it does not exist", async () => {
    await writeFile(at("b"), "");
    await writeFile(at("a"), "");
    expect(await nodeFileSystem.list(directory)).toEqual(["a", "b"]);
    expect(await nodeFileSystem.list(at("none"))).toBeUndefined();
  });

  it("renames over what is there, and unlinks", async () => {
    await writeFile(at("a"), "new");
    await writeFile(at("b"), "old");
    await nodeFileSystem.rename(at("a"), at("b"));
    expect((await stat(at("b"))).size).toBe(3);
    await nodeFileSystem.unlink(at("b"));
    expect(await nodeFileSystem.list(directory)).toEqual([]);
    await expect(nodeFileSystem.unlink(at("b"))).rejects.toThrow(
      /cannot remove .*\/b: it does not/,
    );
  });

  it("that is a file names the trouble", async () => {
    await writeFile(at("a"), "");
    await expect(nodeFileSystem.list(at("a"))).rejects.toThrow("not a directory (ENOTDIR)");
    await symlink(at("none"), at("dangling"));
    await expect(nodeFileSystem.makeDirectory(at("dangling"))).rejects.toThrow("EEXIST");
  });
});

describe("the room below a directory", () => {
  it("is what a process may still write, and the reserve takes its part of it", async () => {
    const { bavail, bsize } = statfsSync(directory);
    const free = await nodeFileSystem.freeBytes(directory);
    expect(Math.abs(free - bavail * bsize)).toBeLessThan(bavail * bsize);
    expect(free).toBeGreaterThan(0);
    const watch = watchSpace(nodeFileSystem, directory, { lowBytes: 1, reserveBytes: 3 << 20 });
    expect((await watch.check()).low).toBe(false);
    expect((await stat(at("RESERVE"))).blocks * 512).toBeGreaterThanOrEqual(3 << 20);
    await expect(nodeFileSystem.freeBytes(at("none"))).rejects.toThrow(/none: it does not exist/);
  });
});
