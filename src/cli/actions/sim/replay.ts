import { firstDifference } from "../../../sim/campaign/trace-file.ts";
import { runSimulation, storyLines } from "../../../sim/run.ts";
import { replayLine } from "../../../sim/run-options.ts";
import { EXIT } from "../../exit-codes.ts";
import { Failure } from "../../failure.ts";
import type { OutputFormat } from "../../output.ts";
import { loadWorld } from "./read-trace.ts";
import { printResult, throwIfViolated } from "./verdict.ts";

/** Runs the world of a trace again; the two must be equal, line by line. */
export async function replayTrace(args: {
  readonly file: string;
  readonly format: OutputFormat;
}): Promise<void> {
  const recorded = await loadWorld(args.file);
  const result = await runSimulation(recorded.options);
  const { violations } = result;
  const difference = firstDifference(recorded.lines, storyLines(result.story));
  const lines = recorded.lines.length;
  const replay = replayLine(recorded.options);
  const equal = difference === undefined;
  const text = equal
    ? `equal, all ${lines} lines: ${replay}`
    : `differs at line ${difference.line}`;
  await printResult(args.format, { equal, lines, difference, violations, replay }, text);
  if (!equal)
    throw new Failure(
      EXIT.error,
      "INTERNAL",
      `the world went otherwise from line ${difference.line} on:\n` +
        `  then: ${difference.expected}\n  now:  ${difference.actual}`,
      "the program has changed since, or something in it is not drawn from the seed",
    );
  throwIfViolated(result);
}
