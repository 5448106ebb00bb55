import { describe, expect, it } from "vitest";
import { BENCH_CASES, type BenchCase } from "../../../scripts/bench/cases.ts";
import { measureCase, type Run, type Subject } from "../../../scripts/bench/measure.ts";
import { parseBenchOptions } from "../../../scripts/bench/options.ts";

function caseOf(id: string): BenchCase {
  const found = BENCH_CASES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no case ${id}`);
  return found;
}

function run(value: number): Run {
  return { value, clientCpuUs: 1, nodesCpuUs: 2 };
}

describe("a measurement", () => {
  it("runs forwards and backwards in turn", async () => {
    const order: Subject[] = [];
    await measureCase(caseOf("P3"), 2, (subject) => {
      order.push(subject);
      return Promise.resolve(run(1));
    });
    expect(order).toEqual([
      ...["preallocated", "balsa", "growing"],
      ...["growing", "balsa", "preallocated"],
    ]);
  });

  it("takes each ratio within one round, so that a slower machine favours nobody", async () => {
    // Half speed in the second round, a fifth in the third: the ratio is one half in each.
    const speeds = [1, 0.5, 0.2];
    let calls = 0;
    const measured = await measureCase(caseOf("P3"), 3, (subject) => {
      const speed = speeds[Math.floor(calls++ / 3)] ?? Number.NaN;
      return Promise.resolve(run((subject === "balsa" ? 500 : 1000) * speed));
    });
    expect(measured.ratioToCeiling).toBe(0.5);
    expect(measured.value).toBe(250);
    expect(measured.reached).toBe(false);
  });

  it.each([
    ["P2", 1.6, true],
    ["P2", 1.8, false],
    ["P3", 0.8, true],
    ["P3", 0.7, false],
  ])("knows for %s at %s whether the goal is reached: %s", async (id, ratio, reached) => {
    const measure = (subject: Subject): Promise<Run> =>
      Promise.resolve(run(subject === "balsa" ? ratio : 1));
    expect((await measureCase(caseOf(id), 1, measure)).reached).toBe(reached);
  });
});

describe("the options of the bench", () => {
  it("choose cases by name, in any case", () => {
    const { cases } = parseBenchOptions(["--only", "p1,P3"]);
    expect(cases.map(({ id }) => id)).toEqual(["P1", "P3"]);
  });

  it.each([
    [["--only", "P10"], '--only P10: there is P1, "P1 alone", P2 and P3 to P9'],
    [["--gigabytes", "0"], "--gigabytes 0: not a number"],
    [["--seconds", "soon"], "--seconds soon: not a number"],
    [["--rounds", "0"], "--rounds 0: not a number"],
  ])("refuse %j", (argv, message) => {
    expect(() => parseBenchOptions(argv)).toThrow(message);
  });
});
