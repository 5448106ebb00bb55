import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { BatchResult, CellBatch, CellKind } from "../../../sim/matrix/campaign.ts";

/** Cells per question to a worker. */
const BATCH = 16;

export interface MatrixPlan {
  readonly cells: readonly { readonly kind: CellKind; readonly numbers: readonly number[] }[];
  readonly workers: number;
  /** Told after every batch. */
  readonly done: (kind: CellKind, result: BatchResult) => void;
}

/**
 * Runs cells on worker threads; batches go to whoever is free. An exception that nobody caught in a
 * cell ends its worker, and with it the run.
 */
export async function runOnWorkers({ cells, workers, done }: MatrixPlan): Promise<void> {
  const batches = cells
    .flatMap(({ kind, numbers }) =>
      Array.from({ length: Math.ceil(numbers.length / BATCH) }, (_, i): CellBatch => {
        return { kind, numbers: numbers.slice(i * BATCH, (i + 1) * BATCH) };
      }),
    )
    .values();
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./matrix-worker.js", import.meta.url));
    try {
      for (const batch of batches) {
        worker.postMessage(batch);
        const [result] = (await once(worker, "message")) as [BatchResult];
        done(batch.kind, result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
