import { runSimulation } from "../../src/sim/run.ts";
import { DEFAULT_RUN, type Planted, type RunOptions } from "../../src/sim/run-options.ts";
import type { WorldChoice } from "./mutant.ts";
import type { Finding } from "./seed-report.ts";
import { watchCores } from "./watch-cores.ts";

/*
 * Runs seeds of the simulator against the source that it was compiled with, one after the other,
 * until one is found guilty: `seed-run.js FIRST_SEED BUDGET_SECONDS WORLD`. One line of JSON each.
 */
const [firstSeed = "1", budgetSeconds = "600", world = "{}"] = process.argv.slice(2);

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What does not hold in one world; what the world itself throws does not hold either. */
async function judgeSeed(options: RunOptions, fixed: Planted): Promise<readonly Finding[]> {
  try {
    const { violations } = await runSimulation(options, fixed);
    return violations.map(({ check, message }) => ({ check, message }));
  } catch (thrown) {
    return [{ check: "the run itself", message: String(thrown) }];
  }
}

const { invariants = false, fixed = {}, ...choice } = JSON.parse(world) as WorldChoice;
const watch = invariants ? watchCores() : undefined;
let seed = Number(firstSeed);
let found: readonly Finding[];
do {
  watch?.newWorld();
  found = await judgeSeed({ ...DEFAULT_RUN, ...choice, seed }, fixed);
  console.log(JSON.stringify({ seed, cpuSeconds: cpuSeconds(), found: found.slice(0, 5) }));
  seed++;
} while (found.length === 0 && cpuSeconds() < Number(budgetSeconds));
