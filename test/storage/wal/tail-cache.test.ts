import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogIndex, Term } from "../../../src/common/brand.ts";
import type { Frame } from "../../../src/common/frame.ts";
import { FrameBlock } from "../../../src/common/frame-block.ts";
import { MAX_GROUP_BYTES, MAX_TAIL_CACHE_BYTES } from "../../../src/common/limits.ts";
import { emptyTail, type LogTail, stampFrames } from "../../../src/storage/index.ts";
import { nextTail } from "../../../src/storage/wal/log-tail.ts";
import { TailCache } from "../../../src/storage/wal/tail-cache.ts";
import { append, bytesOf, data, LARGE_SEGMENTS, newDisk, openLog } from "./support/log-bench.ts";

const SEED = 3;
const LIMIT = 60_000;

type Step =
  | { readonly type: "append"; readonly sizes: readonly number[] }
  | { readonly type: "truncate"; readonly back: number }
  | { readonly type: "evict"; readonly back: number }
  | { readonly type: "read"; readonly back: number; readonly maxBytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant("append" as const),
    sizes: fc.array(fc.oneof(fc.nat(300), fc.nat(20_000)), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ type: fc.constant("truncate" as const), back: fc.nat(12) }),
  fc.record({ type: fc.constant("evict" as const), back: fc.nat(6) }),
  fc.record({
    type: fc.constant("read" as const),
    back: fc.nat(20),
    maxBytes: fc.integer({ min: 1, max: 50_000 }),
  }),
);

function tailOf(frames: readonly Frame[]): LogTail {
  return frames.reduce(
    (tail, { header, bytes }) => nextTail(tail, header, bytes.length, false),
    emptyTail(SEED),
  );
}

function run(steps: readonly Step[]): void {
  const cache = new TailCache(0 as LogIndex, SEED, LIMIT);
  let frames: Frame[] = [];
  for (const step of steps) {
    const last = frames.length;
    switch (step.type) {
      case "append": {
        const inputs = step.sizes.map((size) => data(size, 1, size));
        const added = stampFrames(tailOf(frames), LARGE_SEGMENTS, Term(1), 1, inputs);
        frames.push(...added);
        cache.append(FrameBlock.of(added));
        break;
      }
      case "truncate": {
        const from = Math.max(1, last - step.back);
        frames = frames.slice(0, from - 1);
        cache.truncate(from as LogIndex, tailOf(frames).chain);
        break;
      }
      case "evict":
        cache.evict(Math.max(0, last - step.back) as LogIndex);
        break;
      case "read": {
        const from = Math.max(1, last - step.back) as LogIndex;
        const found = cache.read(from, step.maxBytes, last as LogIndex);
        expect(found === undefined).toBe(from < cache.firstIndex || from > last);
        if (found === undefined) break;
        const expected = frames.slice(from - 1, found.last.index);
        expect(Buffer.concat(found.chunks).equals(bytesOf(expected))).toBe(true);
        expect(found.byteLength).toBe(bytesOf(expected).length);
        expect(found.prevChain).toBe(frames[from - 2]?.header.chain ?? SEED);
        if (expected.length > 1) expect(found.byteLength).toBeLessThanOrEqual(step.maxBytes);
        break;
      }
    }
    for (let index = cache.firstIndex - 1; index <= frames.length; index++)
      expect(cache.chainAt(index as LogIndex)).toBe(frames[index - 1]?.header.chain ?? SEED);
  }
}

describe("the cache of recent frames", () => {
  it("gives what a plain array would give, for as long as it holds it", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), run), { numRuns: 300 });
  });

  it("lets go of what is written, above its limit, and of nothing else", () => {
    const cache = new TailCache(0 as LogIndex, SEED, LIMIT);
    const inputs = Array.from({ length: 20 }, (_, at) => data(at, 1, 20_000));
    let tail = emptyTail(SEED);
    for (const input of inputs) {
      const added = stampFrames(tail, LARGE_SEGMENTS, Term(1), 1, [input]);
      for (const { header, bytes } of added) tail = nextTail(tail, header, bytes.length, false);
      cache.append(FrameBlock.of(added));
    }
    cache.evict(0 as LogIndex);
    expect(cache.firstIndex).toBe(1);
    cache.evict(5 as LogIndex);
    expect(cache.firstIndex).toBe(6);
    cache.evict(20 as LogIndex);
    expect(cache.byteLength(cache.firstIndex, 20 as LogIndex)).toBeLessThanOrEqual(LIMIT);
  });

  it("is what a larger log is written from, in groups, and the disk gives the rest", async () => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    const inputs = Array.from({ length: 40 }, (_, at) => data(at, 1, 1 << 20));
    const settings = { segmentBytes: 1 << 29, segmentMs: undefined };
    const frames = inputs.flatMap((input) => append(log, 1, [input], settings));
    expect(bytesOf(frames).length).toBeGreaterThan(MAX_TAIL_CACHE_BYTES);
    const first = log.read(1 as LogIndex, 1, 40 as LogIndex);
    expect(first).not.toBeInstanceOf(Promise);
    await heard.until(() => heard.durable === 40);
    const groups = Math.ceil(bytesOf(frames).length / MAX_GROUP_BYTES);
    expect(heard.persistedEntries.length).toBeGreaterThanOrEqual(groups / 2);
    const cold = log.read(1 as LogIndex, 1, 40 as LogIndex);
    expect(cold).toBeInstanceOf(Promise);
    expect(Buffer.concat((await cold).chunks).equals(bytesOf(frames.slice(0, 1)))).toBe(true);
    expect(log.read(40 as LogIndex, 1, 40 as LogIndex)).not.toBeInstanceOf(Promise);
  });
});
