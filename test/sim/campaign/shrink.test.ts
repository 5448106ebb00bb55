import { describe, expect, it } from "vitest";
import { type ShrinkStep, shrink } from "../../../src/sim/campaign/shrink.ts";
import { type RunResult, runSimulation } from "../../../src/sim/run.ts";
import { DEFAULT_RUN, type RunOptions } from "../../../src/sim/run-options.ts";
import { withLyingDisk } from "../../support/lying-disk.ts";

const onLyingDisks = (options: RunOptions): Promise<RunResult> =>
  runSimulation(options, { ports: withLyingDisk });

async function firstFailure(): Promise<RunResult> {
  for (let seed = 1; seed <= 40; seed++) {
    const result = await onLyingDisks({ ...DEFAULT_RUN, seed });
    if (result.violations.length > 0) return result;
  }
  throw new Error("no seed noticed the lying disk");
}

describe("shrinking", () => {
  it("leaves a smaller world in which the same check still fails", async () => {
    const failure = await firstFailure();
    const steps: ShrinkStep[] = [];
    const smallest = await shrink(failure.options, {
      run: onLyingDisks,
      maxRuns: 40,
      step: (step) => steps.push(step),
    });
    expect(smallest?.violations.map(({ check }) => check)).toContain(failure.violations[0]?.check);
    const left = (result: RunResult | undefined) =>
      Object.values(result?.faults ?? {}).reduce((sum, times) => sum + times, 0);
    expect(left(smallest)).toBeLessThan(left(failure));
    expect(steps.some(({ kept }) => kept)).toBe(true);
  });

  it("has nothing to do where nothing fails", async () => {
    expect(await shrink({ ...DEFAULT_RUN, seed: 3, faultsMs: 500 }, { maxRuns: 5 })).toBe(
      undefined,
    );
  });
});
