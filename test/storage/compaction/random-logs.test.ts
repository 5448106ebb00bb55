import { describe, expect, it } from "vitest";
import type { Offset } from "../../../src/common/brand.ts";
import { type Random, randomInteger, seededRandom } from "../../../src/common/random.ts";
import { batchCodec } from "../../../src/runtime/batch-codec.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import {
  type BatchCodec,
  COMPACTION_STRATEGIES,
  type CompactedPrefix,
  type CompactionRules,
  inlineWorkers,
} from "../../../src/storage/compaction/index.ts";
import { KeyModel, mustBeThere } from "./support/compaction-model.ts";
import {
  FakeHardState,
  newDirectory,
  openOn,
  orderTo,
  readAll,
  viewOf,
} from "./support/prefix-bench.ts";
import { SourceLog, type SourceRecord, type Write } from "./support/source-log.ts";

const ORDERS = 7;

function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

function randomWrite(random: Random, keys: number): Write {
  const key = chance(random, 0.08) ? undefined : `key ${randomInteger(random, 0, keys)}`;
  const size = chance(random, 0.05) ? 900 : randomInteger(random, 0, 30);
  const value = chance(random, 0.15) ? undefined : "v".repeat(size) + random.next();
  return { key, value };
}

/** A few segments more; now and then much time goes by. */
function grow(random: Random, source: SourceLog, disk: SimDisk): void {
  const keys = randomInteger(random, 2, 60);
  for (let segments = randomInteger(random, 1, 4); segments > 0; segments--) {
    for (let entries = randomInteger(random, 1, 25); entries > 0; entries--) {
      const count = randomInteger(random, 0, 5);
      source.entry(...Array.from({ length: count }, () => randomWrite(random, keys)));
      source.timestamp += randomInteger(random, 0, 40);
    }
    source.seal(disk);
  }
  if (chance(random, 0.3)) source.timestamp += 2000;
}

function randomRules(random: Random): Omit<CompactionRules, "strategy"> {
  return {
    deleteRetentionMs: randomInteger(random, 0, 2) * 700,
    minCompactionLagMs: randomInteger(random, 0, 2) * 300,
    minCleanableDirtyRatio: chance(random, 0.2) ? 0.5 : 0,
    segmentBytes: randomInteger(random, 600, 6000),
    windowMs: 1500,
  };
}

function missing(
  records: readonly SourceRecord[],
  source: SourceLog,
  start: number,
): readonly SourceRecord[] {
  const there = new Set(records.map(({ offset }) => offset));
  return mustBeThere(source.records, start).filter(({ offset }) => !there.has(offset));
}

async function bench(keyTableBytes: number) {
  const disk = new SimDisk();
  await newDirectory(disk);
  const hardState = new FakeHardState();
  const open = async (): Promise<CompactedPrefix> =>
    (await openOn(disk.mount(), hardState, { keyTableBytes })).prefix;
  return { disk, hardState, open, prefix: await open() };
}

describe.each(COMPACTION_STRATEGIES)("random logs, compacted by %s", (strategy) => {
  it.each(Array.from({ length: 6 }, (_, seed) => seed))(
    "keep every newest record, and end in the same view (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const { disk, open, ...opened } = await bench(randomInteger(random, 100, 3000));
      let { prefix } = opened;
      const source = new SourceLog();
      const rules = { ...randomRules(random), strategy };
      let start = 0;
      for (let order = 0; order < ORDERS; order++) {
        grow(random, source, disk);
        if (chance(random, 0.2)) start = randomInteger(random, start, source.nextOffset >> 1);
        const fresh = source.segments.filter(({ firstIndex }) => firstIndex > prefix.upTo.index);
        const next = { ...orderTo(source, rules), logStartOffset: start as Offset };
        const outcome = await prefix.compact(next, fresh);
        if (outcome.kind === "skipped") continue;
        if (chance(random, 0.3)) await prefix.trim(start as Offset);
        if (chance(random, 0.3)) prefix = await open();
        const records = (await readAll(prefix)).filter(({ offset }) => offset >= start);
        expect(records).toEqual(records.map(({ offset }) => source.records[offset]));
        expect(missing(records, source, start)).toEqual([]);
        const whole = source.records.filter(({ offset }) => offset >= start);
        expect(viewOf(records)).toEqual(viewOf(whole));
      }
      await prefix.close();
    },
  );
});

describe("the check of what must be there", () => {
  it("catches a codec that takes different keys for one", async () => {
    const disk = new SimDisk();
    await newDirectory(disk);
    const fileSystem = disk.mount();
    const codec: BatchCodec = {
      ...batchCodec,
      split: (payload) =>
        batchCodec.split(payload).map((record) => ({ ...record, key: record.key?.subarray(0, 4) })),
    };
    const workers = inlineWorkers({ fileSystem, codec, pause: undefined });
    const { prefix } = await openOn(fileSystem, new FakeHardState(), { workers });
    const source = new SourceLog();
    grow(seededRandom(5), source, disk);
    await prefix.compact(orderTo(source), source.segments);
    expect(missing(await readAll(prefix), source, 0)).not.toEqual([]);
  });
});

describe("random logs, compacted by key", () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed))(
    "keep exactly what the rules say, however small the key table is (seed %i)",
    async (seed) => {
      const random = seededRandom(1000 + seed);
      const small = await bench(randomInteger(random, 1, 400));
      const large = await bench(1 << 20);
      const source = new SourceLog();
      const model = new KeyModel();
      let start = 0;
      for (let round = 0; round < ORDERS; round++) {
        grow(random, source, small.disk);
        for (const { file } of source.segments)
          large.disk.put(`data/log/${file}`, small.disk.readFile(`data/log/${file}`));
        if (chance(random, 0.2)) start = randomInteger(random, start, source.nextOffset >> 1);
        const rules = { ...randomRules(random), minCleanableDirtyRatio: 0 };
        const next = { ...orderTo(source, rules), logStartOffset: start as Offset };
        model.compact(next, source.records);
        for (const { prefix } of [small, large]) {
          const fresh = source.segments.filter(({ firstIndex }) => firstIndex > prefix.upTo.index);
          await prefix.compact(next, fresh);
          expect(await readAll(prefix)).toEqual(model.kept);
        }
      }
    },
  );
});
