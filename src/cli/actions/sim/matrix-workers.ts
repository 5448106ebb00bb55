import type { BatchResult, CellBatch, CellKind } from "../../../sim/matrix/campaign.ts";
import { withWorkers } from "./worker-process.ts";

/** Cells per question to a worker. */
const BATCH = 16;

export interface MatrixPlan {
  readonly cells: readonly { readonly kind: CellKind; readonly numbers: readonly number[] }[];
  readonly workers: number;
  /** Told after every batch. */
  readonly done: (kind: CellKind, result: BatchResult) => void;
}

/**
 * Runs cells in worker processes; batches go to whoever is free. An exception that nobody caught in
 * a cell ends its worker, and with it the run. Resolves with the processor seconds of all.
 */
export function runOnWorkers({ cells, workers, done }: MatrixPlan): Promise<number> {
  const batches = cells
    .flatMap(({ kind, numbers }) =>
      Array.from({ length: Math.ceil(numbers.length / BATCH) }, (_, i): CellBatch => {
        return { kind, numbers: numbers.slice(i * BATCH, (i + 1) * BATCH) };
      }),
    )
    .values();
  const file = new URL("./matrix-worker.js", import.meta.url);
  return withWorkers<CellBatch, BatchResult>(file, workers, async (ask) => {
    for (const batch of batches) done(batch.kind, await ask(batch));
  });
}
