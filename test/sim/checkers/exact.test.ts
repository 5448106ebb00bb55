import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HISTORY_CHECKS, judge } from "../../../src/sim/checkers/index.ts";
import { bruteForceExplains } from "./support/brute-force.ts";
import { smallHistories } from "./support/small-histories.ts";

/** CASES=1000000 npx vitest run test/sim/checkers/exact.test.ts looks longer. */
const CASES = Number(process.env["CASES"] ?? 60_000);

describe("the history checks", () => {
  it(`find something exactly where a search of all orders finds no way (${CASES} runs)`, () => {
    const verdicts = { explained: 0, impossible: 0, byRealTimeAlone: 0 };
    const property = fc.property(smallHistories, (run) => {
      const { violations } = judge(run, HISTORY_CHECKS);
      const explained = bruteForceExplains(run);
      verdicts[explained ? "explained" : "impossible"]++;
      const checks = new Set(violations.map(({ check }) => check));
      if (checks.size === 1 && checks.has("K6 real time")) verdicts.byRealTimeAlone++;
      expect({ found: violations.length > 0, violations }).toMatchObject({ found: !explained });
    });
    fc.assert(property, { numRuns: CASES });
    // Both verdicts were asked for often enough, and so was the rule of real time by itself.
    expect(verdicts.explained).toBeGreaterThan(CASES / 8);
    expect(verdicts.impossible).toBeGreaterThan(CASES / 8);
    expect(verdicts.byRealTimeAlone).toBeGreaterThan(CASES / 50);
    console.info(`history checks against brute force: ${JSON.stringify(verdicts)}`);
  });
});
