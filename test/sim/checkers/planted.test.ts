import { describe, expect, it } from "vitest";
import { ALL_CHECKS, judge } from "../../../src/sim/checkers/index.ts";
import { goodRun } from "./support/good-run.ts";
import { PLANTED } from "./support/planted.ts";

describe("the checks", () => {
  it("find nothing in a run that went well, and looked at all of it", () => {
    expect(judge(goodRun())).toEqual({ violations: [], skipped: [] });
  });

  it("have ids, names and sentences of their own", () => {
    const distinct = (of: (check: (typeof ALL_CHECKS)[number]) => string) =>
      new Set(ALL_CHECKS.map(of)).size;
    expect(ALL_CHECKS.length).toBe(26);
    expect(distinct(({ id }) => id)).toBe(26);
    expect(distinct(({ name }) => name)).toBe(26);
    expect(distinct(({ sentence }) => sentence)).toBe(26);
  });

  it("have a planted violation each", () => {
    const planted = new Set(PLANTED.map(({ check }) => check));
    expect([...planted].sort()).toEqual(ALL_CHECKS.map(({ id }) => id).sort());
  });

  it.each(PLANTED)("$check notices, and it alone: $story", ({ check, plant, message }) => {
    const { violations } = judge(plant());
    expect([...new Set(violations.map((violation) => violation.check.split(" ")[0]))]).toEqual([
      check,
    ]);
    expect(violations.map((violation) => violation.message).join("\n")).toContain(message);
  });

  it("say what they could not look at when nothing was recorded", () => {
    const nothing = { nodes: ["n1"], appends: [], reads: [], logs: [], sealed: [], trace: [] };
    const { violations, skipped } = judge(nothing);
    expect(violations.map(({ check }) => check)).toEqual(["K17 not empty"]);
    const silent = ALL_CHECKS.filter(
      ({ id, name }) => !skipped.some(({ check }) => check === `${id} ${name}`),
    );
    expect(silent.map(({ id }) => id)).toEqual(["K17"]);
  });

  it("do not drown the reader of a log that is wrong everywhere", () => {
    const run = goodRun();
    const many = Array.from({ length: 1000 }, (_, i) => `ghost-${i}`);
    const entry = { index: 7, term: 2, chain: 702, baseOffset: 5, values: many };
    for (const log of run.logs) log.entries.push(entry);
    const { violations } = judge(run);
    expect(violations.length).toBe(21);
    expect(violations.at(-1)?.message).toBe("and 980 more");
  });
});
