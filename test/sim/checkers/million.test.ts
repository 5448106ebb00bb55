import { describe, expect, it } from "vitest";
import { ALL_CHECKS, HISTORY_CHECKS, judge } from "../../../src/sim/checkers/index.ts";
import type { AppendOperation } from "../../../src/sim/history.ts";
import { longHistory } from "./support/long-history.ts";

/** OPERATIONS=100000 npx vitest run test/sim/checkers/million.test.ts is done sooner. */
const OPERATIONS = Number(process.env["OPERATIONS"] ?? 1_000_000);

describe("a long history", () => {
  it(`of ${OPERATIONS} operations is judged whole, and how long that took is printed`, () => {
    const record = longHistory(OPERATIONS);
    const [began, cpuBegan] = [performance.now(), process.cpuUsage()];
    const { violations } = judge(record, HISTORY_CHECKS);
    const tookMs = performance.now() - began;
    const { user, system } = process.cpuUsage(cpuBegan);
    expect(violations).toEqual([]);
    const each = ALL_CHECKS.map((check) => {
      const start = performance.now();
      check.violations(record);
      return `${check.id} ${Math.round(performance.now() - start)}`;
    });
    console.info(
      `${OPERATIONS} operations, K1 to K11: ${Math.round((user + system) / 1000)} ms of CPU, ` +
        `${Math.round(tookMs)} ms by the clock`,
    );
    console.info(`each check again, in ms: ${each.join(", ")}`);
  });

  it("of that length hides no single lie", () => {
    const record = longHistory(OPERATIONS / 10);
    const appends: AppendOperation[] = [...record.appends];
    const at = appends.findLastIndex(({ outcome }) => outcome === "acknowledged");
    const append = appends[at];
    expect(append).toBeDefined();
    if (append !== undefined) appends[at] = { ...append, offset: (append.offset ?? 0) - 1 };
    const { violations } = judge({ ...record, appends }, HISTORY_CHECKS);
    expect(new Set(violations.map(({ check }) => check))).toContain("K1 lost");
  });
});
