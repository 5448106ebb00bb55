import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { Compressor, type Leaving } from "../../../src/runtime/lifecycle/compressor.ts";
import { Tracer } from "../../../src/runtime/tracer.ts";
import type {
  CompressionResult,
  CompressionTask,
} from "../../../src/storage/compression/compress-file.ts";
import type { FaultyEntry, SegmentStatus } from "../../../src/storage/types.ts";
import { segmentsOf } from "./segments.ts";

const NOTHING_LEAVES: Leaving = { upTo: 0 as LogIndex, all: false };

const NOTHING_COMPACTED = {
  manifest: undefined,
  damage: [],
  segments: () => [],
  takeDeflated: () => Promise.resolve(false),
};

/** Six segments of ten entries: four sealed, one closed, one active. */
class FakeLog {
  readonly faulty: FaultyEntry[] = [];
  readonly taken: string[] = [];
  all: SegmentStatus[] = segmentsOf(6).map((one, at) =>
    at === 4 ? { ...one, state: "closed" } : one,
  );

  segments(): readonly SegmentStatus[] {
    return this.all;
  }

  takeDeflated(file: string, storedBytes: number): Promise<boolean> {
    this.taken.push(file);
    this.all = this.all.map((one) => (one.file === file ? { ...one, storedBytes } : one));
    return Promise.resolve(true);
  }
}

function bench(answer: (task: CompressionTask) => CompressionResult | Error, threads = 1) {
  const log = new FakeLog();
  const asked: CompressionTask[] = [];
  const told: string[] = [];
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const tracer = new Tracer("n1", clock, ({ event }) => told.push(event), false);
  const compress = (task: CompressionTask): Promise<CompressionResult> => {
    asked.push(task);
    const result = answer(task);
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  };
  const compressor = new Compressor({
    ...{ log, compacted: NOTHING_COMPACTED, workers: { compress }, threads },
    ...{ logDirectory: "data/log", snapshotDirectory: "data/snapshots" },
    ...{ blockBytes: 4096, keepFreeBytes: 0, bytesPerSecond: 1000 },
  });
  const run = (leaving = NOTHING_LEAVES) =>
    compressor.run(leaving, tracer, new AbortController().signal);
  const untilDone = async (leaving = NOTHING_LEAVES): Promise<void> => {
    while (await run(leaving));
  };
  const names = () => asked.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  return { log, asked, told, run, untilDone, names };
}

const DONE: CompressionResult = { kind: "done", logicalBytes: 100, storedBytes: 40 };

describe("compressing what is cold", () => {
  it("takes sealed segments, oldest first, and leaves the newest one", async () => {
    const { log, told, untilDone, names } = bench(() => DONE);
    const sealed = log.all.slice(0, 3).map(({ file }) => file);
    await untilDone();
    expect(names()).toEqual(sealed);
    expect(log.taken).toEqual(sealed);
    expect(told).toEqual(["segment.compressed", "segment.compressed", "segment.compressed"]);
  });

  it("takes as many at once as there are threads, which share the rate", async () => {
    const { asked, run } = bench(() => DONE, 2);
    expect(await run()).toBe(true);
    expect(asked.map(({ bytesPerSecond }) => bytesPerSecond)).toEqual([500, 500]);
    expect(await run()).toBe(true);
    expect(await run()).toBe(false);
    expect(asked).toHaveLength(3);
  });

  it("leaves alone what is about to go, or is damaged", async () => {
    const { log, untilDone, names } = bench(() => DONE);
    const [, second, third] = log.all;
    await untilDone({ upTo: 0 as LogIndex, all: true });
    expect(names()).toEqual([]);
    log.faulty.push({ index: third?.lastIndex } as FaultyEntry);
    await untilDone({ upTo: log.all[0]?.lastIndex as LogIndex, all: false });
    expect(names()).toEqual([second?.file]);
  });

  it("asks once only for what gets no smaller or is not what it says", async () => {
    for (const kind of ["larger", "damaged"] as const) {
      const { log, told, untilDone, names } = bench(() => ({ kind }));
      await untilDone();
      await untilDone();
      expect(names()).toEqual(log.all.slice(0, 3).map(({ file }) => file));
      expect(log.taken).toEqual([]);
      expect(told.length).toBe(kind === "damaged" ? 3 : 0);
    }
  });

  it("ends where there is no room, and begins again later", async () => {
    let room = false;
    const { run, names } = bench(() => (room ? DONE : { kind: "noRoom" }));
    expect(await run()).toBe(false);
    room = true;
    expect(await run()).toBe(true);
    expect(new Set(names()).size).toBe(1);
  });

  it("ends when one fails, once none is at work any more", async () => {
    const stopped = new LogError("ABORTED", "stopped");
    const { log, run } = bench(({ path }) => (path.endsWith("/0.log") ? stopped : DONE), 2);
    await expect(run()).rejects.toBe(stopped);
    expect(log.taken).toEqual([log.all[1]?.file]);
  });
});
