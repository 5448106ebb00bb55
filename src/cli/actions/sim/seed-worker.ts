import { parentPort } from "node:worker_threads";
import { addUp, EMPTY_SUMMARY, summaryOf } from "../../../sim/campaign/summary.ts";
import { runSimulation } from "../../../sim/run.ts";
import type { RunOptions } from "../../../sim/run-options.ts";
import { letMachineTurn } from "../../../sim/turn.ts";

/** Lives through the worlds it is sent, and answers each batch with its summary. */
async function live(batch: readonly RunOptions[]): Promise<void> {
  let summary = EMPTY_SUMMARY;
  for (const options of batch) {
    summary = addUp(summary, summaryOf(await runSimulation(options)));
    await letMachineTurn();
  }
  parentPort?.postMessage(summary);
}

// Nodes refuse and fail calls all the time in these worlds, and nobody reads where from.
Error.stackTraceLimit = 0;
parentPort?.on("message", (batch: readonly RunOptions[]) => void live(batch));
