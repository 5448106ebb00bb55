import { parseArgs } from "node:util";
import { ALL_MUTANTS } from "./all-mutants.ts";
import type { Mutant } from "./mutant.ts";

export const USAGE = `usage: npm run mutants -- [options]

Plants known bugs, one at a time, into a copy of the source and lets the simulator look for each:
seed after seed until a check fails, and the same seed without the bug is clean.

  --only m01,s03    only these
  --budget N        processor seconds for each (default 600)
  --seed N          the first seed (default 1)
  --control N       processor seconds for the source without a bug in each kind of world; what it
                    is found guilty of is no evidence (default 60, with --only 0)
  --jobs N          how many at a time (default 1)
  --json            one line of JSON each; the last one is {total, found, missed}
  --markdown        the table as docs/track-record.md has it
  --help            print this

Exit code 1 when one is missed, or does not fit the source any more.`;

export interface MutantsOptions {
  readonly mutants: readonly Mutant[];
  readonly budgetSeconds: number;
  readonly firstSeed: number;
  readonly controlSeconds: number;
  readonly jobs: number;
  readonly format: "table" | "json" | "markdown";
  readonly help: boolean;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} ${text}: not a number`);
  return value;
}

function mutantsNamed(names: string): readonly Mutant[] {
  return names.split(",").map((name) => {
    const found = ALL_MUTANTS.find(({ id }) => id === name.trim().toLowerCase());
    if (found !== undefined) return found;
    throw new Error(`--only ${name}: there is ${ALL_MUTANTS.map(({ id }) => id).join(", ")}`);
  });
}

/** @throws Error with one clear line */
export function parseMutantsOptions(argv: readonly string[]): MutantsOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      budget: { type: "string", default: "600" },
      seed: { type: "string", default: "1" },
      control: { type: "string" },
      jobs: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    mutants: values.only === undefined ? ALL_MUTANTS : mutantsNamed(values.only),
    budgetSeconds: positive("budget", values.budget),
    firstSeed: positive("seed", values.seed),
    controlSeconds: Number(values.control ?? (values.only === undefined ? 60 : 0)),
    jobs: Math.ceil(positive("jobs", values.jobs)),
    format: values.json ? "json" : values.markdown ? "markdown" : "table",
    help: values.help,
  };
}
