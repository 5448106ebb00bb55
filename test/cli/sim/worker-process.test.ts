import { describe, expect, it } from "vitest";
import { withWorkers } from "../../../src/cli/actions/sim/worker-process.ts";

const DOUBLING = new URL("./doubling-worker.mjs", import.meta.url);

describe("worker processes", () => {
  it("answer what they are asked, and tell what it took them", async () => {
    const questions = [1, 2, 3, 4, 5].values();
    const answers: number[] = [];
    const cpuSeconds = await withWorkers<number, number>(DOUBLING, 1, async (ask) => {
      for (const question of questions) answers.push(await ask(question));
    });
    expect(answers).toEqual([2, 4, 6, 8, 10]);
    expect(cpuSeconds).toBeGreaterThanOrEqual(5);
  });

  it("share the questions", async () => {
    const questions = [1, 2, 3, 4, 5, 6].values();
    const answers: number[] = [];
    await withWorkers<number, number>(DOUBLING, 2, async (ask) => {
      for (const question of questions) answers.push(await ask(question));
    });
    expect(answers.toSorted((a, b) => a - b)).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it("that end before they have answered end the work, and it is said how", async () => {
    const work = withWorkers<number, number>(DOUBLING, 2, async (ask) => {
      await ask(-1);
    });
    await expect(work).rejects.toThrow("a worker process ended (exit code 7)");
  });
});
