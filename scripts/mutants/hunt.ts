import type { Control } from "./control.ts";
import type { Mutant } from "./mutant.ts";
import { runSeeds } from "./run-seeds.ts";
import type { SeedReport } from "./seed-report.ts";
import type { Workshop } from "./workshop.ts";

/** How it went with one mutant. */
export type Outcome = {
  readonly mutant: Mutant;
  readonly cpuSeconds: number;
  readonly seeds: number;
} & (
  | { readonly kind: "found"; readonly report: SeedReport }
  | { readonly kind: "missed" }
  | { readonly kind: "stale"; readonly reasons: readonly string[] }
);

export interface Hunt {
  readonly workshop: Workshop;
  readonly control: Control;
  readonly firstSeed: number;
  /** Processor seconds for each mutant. */
  readonly budgetSeconds: number;
}

/**
 * Runs seeds with the bug until one is found guilty by a check that finds nothing in the same seed
 * without the bug, and nowhere else without it.
 */
export async function hunt(mutant: Mutant, how: Hunt): Promise<Outcome> {
  const { workshop, control } = how;
  const built = await workshop.build(mutant);
  if (built.kind === "stale") return { ...built, mutant, cpuSeconds: 0, seeds: 0 };
  const { world } = mutant;
  let { firstSeed } = how;
  let cpuSeconds = 0;
  let seeds = 0;
  try {
    while (cpuSeconds < how.budgetSeconds) {
      const budgetSeconds = how.budgetSeconds - cpuSeconds;
      const run = await runSeeds(built.seedRun, { firstSeed, budgetSeconds, world });
      cpuSeconds += run.cpuSeconds;
      seeds += run.seeds;
      if (run.guilty === undefined) break;
      const found = await control.evidence(run.guilty, world);
      const report = { ...run.guilty, found };
      if (found.length > 0) return { kind: "found", report, mutant, cpuSeconds, seeds };
      firstSeed = run.guilty.seed + 1;
    }
    return { kind: "missed", mutant, cpuSeconds, seeds };
  } finally {
    workshop.clear(mutant);
  }
}
