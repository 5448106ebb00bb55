import { addUp, EMPTY_SUMMARY, type Summary } from "../../../sim/campaign/summary.ts";
import type { RunOptions } from "../../../sim/run-options.ts";
import { withWorkers } from "./worker-process.ts";

/** Worlds per question to a worker: enough that asking costs nothing, few enough to stop soon. */
const BATCH = 4;

export interface SearchPlan {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly budgetMs: number;
  readonly workers: number;
  readonly optionsOf: (seed: number) => RunOptions;
  /** Told after every batch. */
  readonly progress: (soFar: Summary) => void;
}

export interface Searched {
  readonly summary: Summary;
  /** Of all processes. */
  readonly cpuSeconds: number;
}

/** Runs the seeds in worker processes; batches go to whoever is free. Resolves with the sum. */
export async function searchOnWorkers(plan: SearchPlan): Promise<Searched> {
  const endMs = performance.now() + plan.budgetMs;
  let nextSeed = plan.firstSeed;
  let summary = EMPTY_SUMMARY;
  const nextBatch = (): readonly RunOptions[] => {
    const left = plan.firstSeed + plan.seeds - nextSeed;
    if (left <= 0 || performance.now() > endMs) return [];
    const batch = Array.from({ length: Math.min(BATCH, left) }, (_, i) => nextSeed + i);
    nextSeed += batch.length;
    return batch.map(plan.optionsOf);
  };
  const cpuSeconds = await withWorkers<readonly RunOptions[], Summary>(
    new URL("./seed-worker.js", import.meta.url),
    plan.workers,
    async (ask) => {
      for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
        // Not in one expression: others add to the sum while this one waits.
        const more = await ask(batch);
        summary = addUp(summary, more);
        plan.progress(summary);
      }
    },
  );
  return { summary, cpuSeconds };
}
