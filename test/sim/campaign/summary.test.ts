import { describe, expect, it } from "vitest";
import {
  addUp,
  EMPTY_SUMMARY,
  neverReached,
  type Summary,
} from "../../../src/sim/campaign/summary.ts";
import { RARE_STATE_NAMES } from "../../../src/sim/rare-states/names.ts";

const found = (seed: number): Summary => ({
  ...EMPTY_SUMMARY,
  seeds: 1,
  violations: 1,
  rareStates: { "log.truncated": seed },
  failures: [{ seed, check: "K1 lost", message: "gone", replay: `balsa sim run --seed ${seed}` }],
});

describe("a summary of many runs", () => {
  it("names at least sixty rare states", () => {
    expect(RARE_STATE_NAMES.length).toBeGreaterThanOrEqual(60);
  });

  it("adds up, failures in the order of their seeds, whichever came first", () => {
    const sum = addUp(addUp(EMPTY_SUMMARY, found(9)), found(4));
    expect(sum).toMatchObject({ seeds: 2, violations: 2, rareStates: { "log.truncated": 13 } });
    expect(sum.failures.map(({ seed }) => seed)).toEqual([4, 9]);
  });

  it("says what was never reached", () => {
    const never = neverReached(found(1));
    expect(never).not.toContain("log.truncated");
    expect(never).toContain("election.split");
    expect(never).toHaveLength(RARE_STATE_NAMES.length - 1);
  });
});
