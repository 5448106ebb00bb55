import { availableParallelism } from "node:os";
import { neverReached, type Summary } from "../../../sim/campaign/summary.ts";
import type { OutputFormat } from "../../output.ts";
import { say } from "../../terminal.ts";
import { searchOnWorkers } from "./seed-workers.ts";
import { printResult, violated } from "./verdict.ts";
import { runOptions, type WorldFlags } from "./world-flags.ts";

/** A line of progress at most this often. */
const TELL_EVERY_MS = 5_000;

/** Many seeds on all cores; exit code 10 when any of them broke a promise. */
export async function searchSeeds(
  args: WorldFlags & {
    readonly seeds: number;
    readonly firstSeed: number;
    readonly budgetMs: number;
    readonly workers: number | undefined;
    readonly format: OutputFormat;
  },
): Promise<void> {
  const { seeds, firstSeed, budgetMs } = args;
  runOptions(args, firstSeed);
  let toldMs = performance.now();
  const { summary, cpuSeconds } = await searchOnWorkers({
    ...{ seeds, firstSeed, budgetMs },
    workers: args.workers ?? availableParallelism(),
    optionsOf: (seed) => runOptions(args, seed),
    progress: (soFar) => {
      if (performance.now() - toldMs < TELL_EVERY_MS) return;
      toldMs = performance.now();
      say(`${soFar.seeds} of ${seeds} seeds, ${soFar.violations} violations`);
    },
  });
  const { failures, halts, violations, simulatedSeconds, rareStates, ...rest } = summary;
  const never = neverReached(summary);
  const object = {
    ...{ seeds: summary.seeds, violations, simulatedSeconds, cpuSeconds, rareStates },
    ...{ ...rest, neverReached: never, failures, halts },
  };
  await printResult(args.format, object, textOf(summary, cpuSeconds));
  const [first] = failures;
  if (first !== undefined) throw violated(first);
}

function textOf(summary: Summary, cpuSeconds: number): string {
  const { seeds, violations, simulatedSeconds, acknowledged, reads, faults, failures } = summary;
  const never = neverReached(summary);
  const struck = Object.values(faults).reduce((sum, times) => sum + times, 0);
  return [
    `${seeds} seeds, ${violations} violations`,
    `  simulated   ${Math.round(simulatedSeconds)} s in ${cpuSeconds.toFixed(1)} s of CPU ` +
      `(${Math.round(simulatedSeconds / cpuSeconds)} x real time)`,
    `  operations  ${acknowledged} acknowledged appends, ${reads} answered reads`,
    `  faults      ${struck} of ${Object.keys(faults).length} kinds`,
    ...countLines("fault", faults),
    `  rare states ${Object.keys(summary.rareStates).length} reached`,
    ...countLines("state", summary.rareStates),
    `  never       ${never.join(", ") || "none: every named state was reached"}`,
    ...summary.halts.map((halt) => `  halted      seed ${halt.seed}: ${halt.node}: ${halt.reason}`),
    ...failures.map(
      ({ check, message, replay }) => `  VIOLATION   ${check}: ${message}\n    ${replay}`,
    ),
  ].join("\n");
}

function countLines(what: string, counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `    ${what} ${name.padEnd(40)} ${times}`);
}
