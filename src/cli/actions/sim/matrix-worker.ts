import { parentPort } from "node:worker_threads";
import { type CellBatch, CellRunner } from "../../../sim/matrix/campaign.ts";
import { letMachineTurn } from "../../../sim/turn.ts";

const runner = new CellRunner();

/** Runs the cells it is sent, and answers each batch with what became of them. */
async function live(batch: CellBatch): Promise<void> {
  parentPort?.postMessage(await runner.run(batch, letMachineTurn));
}

// Nodes refuse and fail calls all the time in these worlds, and nobody reads where from.
Error.stackTraceLimit = 0;
parentPort?.on("message", (batch: CellBatch) => void live(batch));
