import type { Failure as Found } from "../../../sim/campaign/summary.ts";
import type { RunResult } from "../../../sim/run.ts";
import { replayLine } from "../../../sim/run-options.ts";
import { EXIT } from "../../exit-codes.ts";
import { Failure } from "../../failure.ts";
import type { OutputFormat } from "../../output.ts";
import { write } from "../../output.ts";

/** JSON as one line, so that a script can take the last one; otherwise the text for people. */
export async function printResult(
  format: OutputFormat,
  object: object,
  text: string,
): Promise<void> {
  const line = format === "json" || format === "ndjson" ? JSON.stringify(object) : text;
  await write(`${line}\n`);
}

/** The end of a command that found a broken promise: exit code 10 and the line that replays it. */
export function violated({ check, message, replay }: Omit<Found, "seed">): Failure {
  return new Failure(
    EXIT.invariant,
    "INVARIANT",
    `a promise was broken: ${check}: ${message}`,
    `see it again: ${replay}`,
  );
}

/** Ends the command when the run found something. */
export function throwIfViolated({ violations, options }: RunResult): void {
  const [first] = violations;
  if (first === undefined) return;
  throw violated({ ...first, replay: replayLine(options) });
}
