import { writeFile } from "node:fs/promises";
import { summaryOf } from "../../../sim/campaign/summary.ts";
import { traceFileOf, writeTrace } from "../../../sim/campaign/trace-file.ts";
import { type RunResult, runSimulation } from "../../../sim/run.ts";
import { replayLine } from "../../../sim/run-options.ts";
import type { OutputFormat } from "../../output.ts";
import { printResult, throwIfViolated } from "./verdict.ts";
import { runOptions, type WorldFlags } from "./world-flags.ts";

/** One seed: prints what happened; exit code 10 when a promise was broken. */
export async function runOne(
  args: WorldFlags & {
    readonly seed: number;
    readonly skip: string;
    readonly trace: string | undefined;
    readonly format: OutputFormat;
  },
): Promise<void> {
  const result = await runSimulation(runOptions(args, args.seed, args.skip));
  if (args.trace !== undefined) await writeFile(args.trace, writeTrace(traceFileOf(result)));
  const { violations, skipped } = result;
  const replay = replayLine(result.options);
  const object = { ...summaryOf(result), violations, skipped, replay };
  await printResult(args.format, object, storyOf(result));
  throwIfViolated(result);
}

function storyOf(result: RunResult): string {
  const { options, record, faults, rareStates, halts, violations, skipped, simulatedMs } = result;
  const acknowledged = record.appends.filter(({ outcome }) => outcome === "acknowledged").length;
  const struck = Object.entries(faults).filter(([, times]) => times > 0);
  return [
    `seed ${options.seed}: ${(simulatedMs / 1000).toFixed(1)} s of ${options.nodes} nodes`,
    `  appends     ${record.appends.length}, ${acknowledged} acknowledged`,
    `  reads       ${record.reads.length}`,
    `  faults      ${struck.map(([kind, times]) => `${kind} ${times}`).join(", ") || "none"}`,
    `  rare states ${Object.keys(rareStates).length} of those named`,
    ...halts.map(({ nodeId, kind, reason }) => `  halted      ${nodeId} (${kind}): ${reason}`),
    ...skipped.map(({ check, reason }) => `  not seen    ${check}: ${reason}`),
    ...violations.map(({ check, message }) => `  VIOLATION   ${check}: ${message}`),
    violations.length === 0 ? "  every promise that was looked at was kept" : "",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
