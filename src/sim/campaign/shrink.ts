import { type RunResult, runSimulation } from "../run.ts";
import type { RunOptions } from "../run-options.ts";

/** One smaller run that was tried. */
export interface ShrinkStep {
  readonly tried: string;
  /** Whether the same check still failed. */
  readonly kept: boolean;
}

export interface ShrinkOptions {
  readonly run?: (options: RunOptions) => Promise<RunResult>;
  readonly maxRuns: number;
  readonly step?: (step: ShrinkStep) => void;
}

/**
 * Makes a failing run smaller while the same check still fails: ends it sooner, then leaves out
 * strikes of the nemesis, in ever smaller groups.
 * @returns the smallest run found; undefined when `options` do not fail at all.
 */
export async function shrink(
  options: RunOptions,
  { run = runSimulation, maxRuns, step = () => undefined }: ShrinkOptions,
): Promise<RunResult | undefined> {
  let best = await run(options);
  const check = best.violations[0]?.check;
  if (check === undefined) return undefined;
  let left = maxRuns;
  const attempt = async (change: Partial<RunOptions>, tried: string): Promise<boolean> => {
    if (left-- <= 0) return false;
    const result = await run({ ...best.options, ...change });
    const kept = result.violations.some((violation) => violation.check === check);
    step({ tried, kept });
    if (kept) best = result;
    return kept;
  };
  await endSooner(() => best, attempt);
  await leaveOutStrikes(() => best, attempt);
  await endSooner(() => best, attempt);
  return best;
}

type Attempt = (change: Partial<RunOptions>, tried: string) => Promise<boolean>;
type Best = () => RunResult;

const SHARES = [0.25, 0.5, 0.75, 0.9] as const;
const SHORTEST_MS = 200;

async function endSooner(best: Best, attempt: Attempt): Promise<void> {
  for (let shorter = true; shorter; ) {
    const { faultsMs } = best().options;
    shorter = false;
    if (faultsMs <= SHORTEST_MS) return;
    for (const share of SHARES) {
      const ms = Math.round(faultsMs * share);
      shorter = await attempt({ faultsMs: ms }, `faults for ${ms} ms`);
      if (shorter) break;
    }
  }
}

async function leaveOutStrikes(best: Best, attempt: Attempt): Promise<void> {
  for (let size = Math.ceil(best().strikes / 2); size >= 1; size = Math.floor(size / 2))
    for (let first = 1; first <= best().strikes; first += size) {
      const { skip } = best().options;
      const group = Array.from({ length: size }, (_, i) => first + i);
      if (group.every((number) => skip.includes(number))) continue;
      const wider = [...new Set([...skip, ...group])].sort((a, b) => a - b);
      await attempt({ skip: wider }, `no strikes ${first} to ${first + size - 1}`);
    }
}
