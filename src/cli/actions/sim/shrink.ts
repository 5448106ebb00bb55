import { writeFile } from "node:fs/promises";
import { shrink } from "../../../sim/campaign/shrink.ts";
import { traceFileOf, writeTrace } from "../../../sim/campaign/trace-file.ts";
import { replayLine } from "../../../sim/run-options.ts";
import { EXIT } from "../../exit-codes.ts";
import { Failure } from "../../failure.ts";
import type { OutputFormat } from "../../output.ts";
import { say } from "../../terminal.ts";
import { loadWorld } from "./read-trace.ts";
import { printResult, throwIfViolated } from "./verdict.ts";

/** Writes the smallest world found in which the same check fails. Exit code 10: it does. */
export async function shrinkTrace(args: {
  readonly file: string;
  readonly output: string;
  readonly maxRuns: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const { options } = await loadWorld(args.file);
  let runs = 0;
  const smallest = await shrink(options, {
    maxRuns: args.maxRuns,
    step: ({ tried, kept }) => {
      runs++;
      if (kept) say(`still fails with ${tried}`);
    },
  });
  if (smallest === undefined)
    throw new Failure(EXIT.error, "INTERNAL", "nothing fails in this world: nothing to shrink");
  await writeFile(args.output, writeTrace(traceFileOf(smallest)));
  const { faultsMs, skip } = smallest.options;
  const strikes = smallest.strikes - skip.filter((number) => number <= smallest.strikes).length;
  const replay = replayLine(smallest.options);
  const text = `${runs} worlds tried; ${strikes} strikes in ${faultsMs} ms are left\n${replay}`;
  await printResult(args.format, { runs, strikes, faultsMs, replay, trace: args.output }, text);
  throwIfViolated(smallest);
}
