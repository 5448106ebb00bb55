import type { WorldChoice } from "./mutant.ts";
import { runSeeds } from "./run-seeds.ts";
import type { Finding, SeedReport } from "./seed-report.ts";

/**
 * The source without any bug, run beside the mutants. What a check says of it, in whatever seed,
 * proves nothing about a mutant in the same kind of world.
 */
export class Control {
  readonly #unchanged: string;
  readonly #guilty: (report: SeedReport) => void;
  readonly #distrusted = new Map<string, Set<string>>();

  /** `unchanged`: its compiled `seed-run`; `guilty` is told of every seed that it fails at. */
  constructor(unchanged: string, guilty: (report: SeedReport) => void) {
    this.#unchanged = unchanged;
    this.#guilty = guilty;
  }

  /** Runs seeds for `budgetSeconds`: what they find is not evidence later. */
  async patrol(world: WorldChoice | undefined, budgetSeconds: number): Promise<void> {
    for (let firstSeed = 1, left = budgetSeconds; left > 0; ) {
      const { guilty, cpuSeconds } = await this.#run(world, firstSeed, left);
      if (guilty === undefined) return;
      firstSeed = guilty.seed + 1;
      left -= cpuSeconds;
    }
  }

  /** What of a mutant's report the bug alone explains. */
  async evidence(report: SeedReport, world: WorldChoice | undefined): Promise<readonly Finding[]> {
    const { guilty } = await this.#run(world, report.seed, 0);
    if (guilty !== undefined) return [];
    const distrusted = this.#distrustedIn(world);
    return report.found.filter((finding) => !distrusted.has(kindOf(finding)));
  }

  async #run(world: WorldChoice | undefined, firstSeed: number, budgetSeconds: number) {
    const run = await runSeeds(this.#unchanged, { firstSeed, budgetSeconds, world });
    if (run.guilty === undefined) return run;
    this.#guilty(run.guilty);
    for (const finding of run.guilty.found) this.#distrustedIn(world).add(kindOf(finding));
    return run;
  }

  #distrustedIn(world: WorldChoice | undefined): Set<string> {
    const kind = JSON.stringify(world ?? {});
    const known = this.#distrusted.get(kind) ?? new Set();
    this.#distrusted.set(kind, known);
    return known;
  }
}

/** What is said, whatever node, entry or moment it is said of. */
function kindOf({ check, message }: Finding): string {
  return `${check}: ${message.replaceAll(/\d+/g, "0").slice(0, 60)}`;
}
