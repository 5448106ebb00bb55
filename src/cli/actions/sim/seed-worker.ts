import { addUp, EMPTY_SUMMARY, type Summary, summaryOf } from "../../../sim/campaign/summary.ts";
import { runSimulation } from "../../../sim/run.ts";
import type { RunOptions } from "../../../sim/run-options.ts";
import { letMachineTurn } from "../../../sim/turn.ts";
import { answerQuestions } from "./answer-questions.ts";

/** Lives through the worlds it is sent. */
async function live(batch: readonly RunOptions[]): Promise<Summary> {
  let summary = EMPTY_SUMMARY;
  for (const options of batch) {
    summary = addUp(summary, summaryOf(await runSimulation(options)));
    await letMachineTurn();
  }
  return summary;
}

answerQuestions(live);
