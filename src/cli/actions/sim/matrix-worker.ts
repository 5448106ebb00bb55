import { type CellBatch, CellRunner } from "../../../sim/matrix/campaign.ts";
import { letMachineTurn } from "../../../sim/turn.ts";
import { answerQuestions } from "./answer-questions.ts";

const runner = new CellRunner();

answerQuestions((batch: CellBatch) => runner.run(batch, letMachineTurn));
