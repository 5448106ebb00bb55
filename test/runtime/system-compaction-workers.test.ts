import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SimDisk } from "../../src/sim/disk/index.ts";
import type { CompactionWorkers } from "../../src/storage/compaction/index.ts";
import { nodeFileSystem } from "../../src/storage/node-file-system.ts";
import {
  compactAll,
  FakeHardState,
  openOn,
  orderTo,
  readAll,
} from "../storage/compaction/support/prefix-bench.ts";
import { LOG, SourceLog } from "../storage/compaction/support/source-log.ts";

/** Worker threads run what the build made. */
const BUILT = new URL("../../dist/runtime/system-compaction-workers.js", import.meta.url);

let data: string;
let workers: CompactionWorkers;
let source: SourceLog;
let content: Uint8Array;

beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "compaction-workers-"));
  const { SystemCompactionWorkers } = (await import(BUILT.href)) as {
    SystemCompactionWorkers: new (threads: number) => CompactionWorkers;
  };
  workers = new SystemCompactionWorkers(2);
  source = new SourceLog();
  for (let i = 0; i < 300; i++) source.entry({ key: `k${i % 70}`, value: `${i}` });
});

afterEach(async () => {
  await workers.close();
  await rm(data, { recursive: true });
});

/** Writes the segment of `source` into a directory of its own, and opens a prefix there. */
async function open(name: string, options: { readonly bytesPerSecond?: number } = {}) {
  const [logDirectory, directory] = [`${data}/${name}/log`, `${data}/${name}/snapshots`];
  for (const made of [logDirectory, directory]) await mkdir(made, { recursive: true });
  const disk = new SimDisk();
  if (source.segments.length === 0) source.seal(disk);
  const [segment] = source.segments;
  if (disk.files().length > 0) content = disk.readFile(`${LOG}/${segment?.file}`);
  await writeFile(`${logDirectory}/${segment?.file}`, content);
  const places = { logDirectory, directory, workers };
  return (await openOn(nodeFileSystem, new FakeHardState(), { ...places, ...options })).prefix;
}

describe("compaction on worker threads", () => {
  it("does on several threads at once what it does on one", async () => {
    const prefixes = [await open("a"), await open("b"), await open("c")];
    await Promise.all(prefixes.map((prefix) => compactAll(prefix, source)));
    for (const prefix of prefixes) {
      const records = await readAll(prefix);
      expect(records.map(({ offset }) => offset)).toEqual(
        Array.from({ length: 70 }, (_, i) => 230 + i),
      );
      expect(prefix.counters.recordsDropped).toBe(230);
    }
  });

  it("compresses on them as well, several files at once", async () => {
    const names = ["a", "b", "c"];
    for (const name of names) await open(name);
    const [segment] = source.segments;
    const pathIn = (name: string) => `${data}/${name}/log/${segment?.file}`;
    const limits = { blockBytes: 1 << 16, keepFreeBytes: 0, bytesPerSecond: 0 };
    const results = await Promise.all(
      names.map((name) => workers.compress({ path: pathIn(name), ...limits })),
    );
    expect(results.map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
    for (const name of names) {
      await nodeFileSystem.rename(`${pathIn(name)}.deflate`, pathIn(name));
      const file = await nodeFileSystem.open(pathIn(name), "read");
      const bytes = Buffer.alloc(content.length);
      expect(await file.read(bytes, 0)).toBe(await file.size());
      expect(bytes.equals(content)).toBe(true);
      await file.close();
    }
  });

  it("names damage as it would without a thread", async () => {
    const prefix = await open("a");
    const [segment] = source.segments;
    const damaged = Uint8Array.from(content);
    damaged[95] = (damaged[95] ?? 0) ^ 1;
    await writeFile(`${data}/a/log/${segment?.file}`, damaged);
    await expect(compactAll(prefix, source)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("byte 0") as string,
    });
    await writeFile(`${data}/a/log/${segment?.file}`, content);
    await compactAll(prefix, source);
    expect(prefix.upTo.index).toBe(300);
  });

  it("stops a run that is told to", async () => {
    const prefix = await open("a", { bytesPerSecond: 1 });
    const stopping = new AbortController();
    const { signal } = stopping;
    const running = prefix.compact(orderTo(source), source.segments, { signal });
    stopping.abort();
    await expect(running).rejects.toMatchObject({ code: "ABORTED" });
    expect(prefix.upTo.index).toBe(0);
  });

  it("gives up what is under way and what waits when it is closed", async () => {
    const names = ["a", "b", "c"];
    const prefixes = [];
    for (const name of names) prefixes.push(await open(name, { bytesPerSecond: 1 }));
    const runs = Promise.allSettled(prefixes.map((prefix) => compactAll(prefix, source)));
    await workers.close();
    for (const run of await runs)
      expect(run).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
  });
});
