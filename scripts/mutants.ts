import { Control } from "./mutants/control.ts";
import { type Hunt, hunt, type Outcome } from "./mutants/hunt.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { type MutantsOptions, parseMutantsOptions, USAGE } from "./mutants/options.ts";
import { asJson, asMarkdown, asText, summaryOf } from "./mutants/report.ts";
import { Workshop } from "./mutants/workshop.ts";

/** The unchanged source, having run for a while in every kind of world that is asked for. */
async function patrolled(options: MutantsOptions, seedRun: string): Promise<Control> {
  const control = new Control(seedRun, ({ seed, found }) =>
    console.error(`without any bug, seed ${seed}: ${found[0]?.check}: ${found[0]?.message}`),
  );
  const worlds = new Map(options.mutants.map(({ world }) => [JSON.stringify(world), world]));
  for (const world of worlds.values()) await control.patrol(world, options.controlSeconds);
  return control;
}

/** Several at a time; outcomes in the order of the list. */
async function huntAll(options: MutantsOptions, how: Hunt): Promise<readonly Outcome[]> {
  const { mutants, jobs } = options;
  const outcomes = new Map<Mutant, Outcome>();
  const left = mutants.values();
  const work = async (): Promise<void> => {
    for (const mutant of left) {
      const outcome = await hunt(mutant, how);
      outcomes.set(mutant, outcome);
      if (options.format === "json") console.log(JSON.stringify(asJson(outcome)));
      else if (options.format === "table") console.log(asText(outcome));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return mutants.flatMap((mutant) => outcomes.get(mutant) ?? []);
}

async function main(options: MutantsOptions): Promise<void> {
  const { format, firstSeed, budgetSeconds } = options;
  const workshop = new Workshop();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      workshop.close();
      process.exit(130);
    });
  try {
    const unchanged = await workshop.build();
    if (unchanged.kind === "stale") throw new Error("the source does not compile");
    const control = await patrolled(options, unchanged.seedRun);
    const outcomes = await huntAll(options, { workshop, control, firstSeed, budgetSeconds });
    const summary = summaryOf(outcomes);
    if (format === "markdown") console.log(asMarkdown(outcomes));
    if (format === "json") console.log(JSON.stringify(summary));
    else console.error(JSON.stringify(summary));
    if (summary.found < summary.total) process.exitCode = 1;
  } finally {
    workshop.close();
  }
}

try {
  const options = parseMutantsOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await main(options);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 2;
}
