import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { WorldChoice } from "./mutant.ts";
import type { SeedReport } from "./seed-report.ts";

/** A world that says nothing for this long does not end: that is a finding, too. */
const SILENCE_MS = 120_000;

export interface SeedRange {
  readonly firstSeed: number;
  /** Processor seconds after which no further seed begins; the first one always does. */
  readonly budgetSeconds: number;
  readonly world?: WorldChoice | undefined;
  /** The first seed was silent before: a machine that stood still would not be so twice. */
  readonly again?: boolean;
}

/** What a process that runs seeds has said until it ended. */
export interface SeedsRun {
  readonly seeds: number;
  readonly cpuSeconds: number;
  /** The seed that was found guilty, if one was. */
  readonly guilty: SeedReport | undefined;
}

/** Runs a compiled `seed-run` in a process of its own. */
export async function runSeeds(seedRun: string, range: SeedRange): Promise<SeedsRun> {
  const { firstSeed, budgetSeconds, world = {} } = range;
  const args = [seedRun, String(firstSeed), String(budgetSeconds), JSON.stringify(world)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + String(chunk)).slice(-2000);
  });
  let silent = false;
  const alarm = setTimeout(() => {
    silent = true;
    child.kill("SIGKILL");
  }, SILENCE_MS);
  const reports: SeedReport[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    alarm.refresh();
    reports.push(JSON.parse(line) as SeedReport);
  }
  await exited;
  clearTimeout(alarm);
  if (silent && range.again !== true) {
    const rest = { ...range, firstSeed: firstSeed + reports.length, again: true };
    const run = await runSeeds(seedRun, rest);
    const cpuSeconds = run.cpuSeconds + (reports.at(-1)?.cpuSeconds ?? 0);
    return { ...run, seeds: run.seeds + reports.length, cpuSeconds };
  }
  return summary(reports, firstSeed, silent, silent || child.exitCode !== 0 ? complaint : "");
}

function summary(
  reports: readonly SeedReport[],
  firstSeed: number,
  silent: boolean,
  complaint: string,
): SeedsRun {
  const last = reports.at(-1);
  const seeds = reports.length;
  const cpuSeconds = last?.cpuSeconds ?? 0;
  if (last !== undefined && last.found.length > 0) return { seeds, cpuSeconds, guilty: last };
  if (!silent && complaint === "") return { seeds, cpuSeconds, guilty: undefined };
  if (last === undefined && !silent) throw new Error(`no seed could be run: ${complaint}`);
  const message = silent ? "the world stands still: its run does not end" : complaint;
  const found = [{ check: "the run itself", message }];
  return { seeds, cpuSeconds, guilty: { seed: firstSeed + seeds, cpuSeconds, found } };
}
