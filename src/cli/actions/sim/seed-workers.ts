import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addUp, EMPTY_SUMMARY, type Summary } from "../../../sim/campaign/summary.ts";
import type { RunOptions } from "../../../sim/run-options.ts";

/** Worlds per question to a worker: enough that asking costs nothing, few enough to stop soon. */
const BATCH = 4;

/** Small objects die young here, and a young generation with room is collected less often. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 96 };

export interface SearchPlan {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly budgetMs: number;
  readonly workers: number;
  readonly optionsOf: (seed: number) => RunOptions;
  /** Told after every batch. */
  readonly progress: (soFar: Summary) => void;
}

/** Runs the seeds on worker threads; batches go to whoever is free. Resolves with the sum. */
export async function searchOnWorkers(plan: SearchPlan): Promise<Summary> {
  const endMs = performance.now() + plan.budgetMs;
  let nextSeed = plan.firstSeed;
  let sum = EMPTY_SUMMARY;
  const nextBatch = (): readonly RunOptions[] => {
    const left = plan.firstSeed + plan.seeds - nextSeed;
    if (left <= 0 || performance.now() > endMs) return [];
    const batch = Array.from({ length: Math.min(BATCH, left) }, (_, i) => nextSeed + i);
    nextSeed += batch.length;
    return batch.map(plan.optionsOf);
  };
  const work = async (): Promise<void> => {
    const file = new URL("./seed-worker.js", import.meta.url);
    const worker = new Worker(file, { resourceLimits: RESOURCE_LIMITS });
    try {
      for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
        worker.postMessage(batch);
        const [summary] = (await once(worker, "message")) as [Summary];
        sum = addUp(sum, summary);
        plan.progress(sum);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: plan.workers }, work));
  return sum;
}
