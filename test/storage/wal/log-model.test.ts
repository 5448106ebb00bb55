import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogIndex, Offset } from "../../../src/common/brand.ts";
import { assert } from "../../../src/common/assert.ts";
import type { LogStore, StampInput } from "../../../src/storage/index.ts";
import { append, bytesOf, data, newDisk, openLog, other, readAll } from "./support/log-bench.ts";
import { LogModel } from "./support/log-model.ts";

type Step =
  | { readonly type: "append"; readonly inputs: readonly StampInput[]; readonly newTerm: boolean }
  | { readonly type: "truncate"; readonly back: number }
  | { readonly type: "commit"; readonly back: number }
  | { readonly type: "settle" }
  | { readonly type: "reopen"; readonly how: "closed" | "killed" };

const input = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 9 }), fc.nat(200)) },
  { weight: 1, arbitrary: fc.constantFrom("noop", "config", "roll") },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("append" as const),
      inputs: fc.array(input.map(toInput), { minLength: 1, maxLength: 5 }),
      newTerm: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("truncate" as const), back: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("commit" as const), back: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.constant({ type: "settle" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("closed" as const, "killed" as const).map((how) => ({
      type: "reopen" as const,
      how,
    })),
  },
);

function toInput(drawn: readonly [number, number, number] | string): StampInput {
  if (typeof drawn !== "string") return data(drawn[0], drawn[1], drawn[2]);
  if (drawn === "roll") return other("control", '{"control":"roll"}');
  return other(drawn === "noop" ? "noop" : "config", drawn);
}

async function expectEqual(log: LogStore, model: LogModel): Promise<void> {
  expect(log.tail.last.index).toBe(model.lastIndex);
  expect(log.tail.nextOffset).toBe(model.nextOffset);
  expect((await readAll(log, 333)).equals(bytesOf(model.frames))).toBe(true);
  for (let offset = 0; offset < model.nextOffset; offset += 3) {
    const { index, baseOffset, recordCount } = await log.locate(offset as Offset);
    const held = model.holding(offset);
    assert(held !== undefined, "the model holds every offset below its end");
    expect({ index, baseOffset, recordCount }).toEqual({
      index: held.header.index,
      baseOffset: held.header.baseOffset,
      recordCount: held.header.recordCount,
    });
  }
  for (const { header } of model.frames) {
    const after = await log.offsetAfter(header.index);
    expect(after).toBe(header.baseOffset + header.recordCount);
    const chain = log.chainAt(header.index);
    if (chain !== undefined) expect(chain).toBe(header.chain);
  }
  const nonData: number[] = [];
  for await (const { header } of log.nonDataFrames()) nonData.push(header.index);
  const expected = model.frames.filter(({ header }) => header.type !== "data");
  expect(nonData).toEqual(expected.map(({ header }) => header.index));
  const terms = log.terms().runs.flatMap(({ term, count }) => Array(count).fill(term) as number[]);
  expect(terms).toEqual(model.frames.map(({ header }) => header.term));
}

async function run(steps: readonly Step[]): Promise<void> {
  const disk = await newDisk();
  const model = new LogModel();
  let opened = await openLog(disk.mount());
  let term = 1;
  let committed = 0;
  const settle = () =>
    opened.heard.until(
      () => opened.heard.failures.length > 0 || opened.log.durable === model.lastIndex,
    );
  for (const step of steps) {
    const { log, heard } = opened;
    switch (step.type) {
      case "append":
        if (step.newTerm) term++;
        model.append(append(log, term, step.inputs));
        break;
      case "truncate": {
        const from = Math.max(model.lastIndex - step.back, committed + 1) as LogIndex;
        log.truncateSuffix(from);
        model.truncate(from);
        term++;
        break;
      }
      case "commit":
        committed = Math.max(committed, model.lastIndex - step.back);
        log.committed(committed as LogIndex);
        break;
      case "settle":
        await settle();
        break;
      case "reopen":
        if (step.how === "killed") {
          // Only an entry tells that what was cut before it is durable.
          model.append(append(log, term, [data(1)]));
          await settle();
        } else await opened.data.close();
        disk.kill();
        opened = await openLog(disk.mount());
        break;
    }
    expect(heard.failures).toEqual([]);
    await expectEqual(opened.log, model);
  }
  await opened.data.close();
}

describe("a log, whatever is done to it", () => {
  it("holds what a plain array would hold", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), run), {
      numRuns: 150,
    });
  });
});
