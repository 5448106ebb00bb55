import { parseArgs } from "node:util";
import { repositoryPath } from "../local-cluster/repository-path.ts";
import { BENCH_CASES, type BenchCase } from "./cases.ts";
import { SCALE_IDS, type ScaleId } from "./scale/scale-ids.ts";

export const USAGE = `usage: npm run bench -- [options]

Measures a running cluster of three nodes beside the ceiling: a bare pipeline with the same
transport and the same syncs that decides nothing.

  --only P1[,P3]    only these figures (P1, "P1 alone", P2, P3, P4, P6 to P9; P5 only when named)
  --gigabytes N     long logs of N GB besides those of 1 GB, for P4 and P6 to P9
  --kills N         leaders killed for P5 (default 10)
  --seconds N       measured seconds of each run, after one of warm-up (default 4)
  --rounds N        runs of each figure; the median counts (default 3)
  --dir DIR         where the data goes: a real disk (default data/bench; removed at the end)
  --out FILE        write the figures to FILE as JSON
  --json            print the figures as JSON instead of a table
  --profile DIR     leave a CPU profile of every process of Balsa in DIR and print where time goes
  --help            print this`;

export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  /** Leaders to kill for P5; 0: it is not measured. */
  readonly kills: number;
  /** What is measured on long logs, and how long they are. */
  readonly scale: ReadonlySet<ScaleId>;
  readonly gigabytes: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  readonly directory: string;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly profile: string | undefined;
  readonly help: boolean;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} ${text}: not a number`);
  return value;
}

const FAILOVER = "P5";

function idsOf(names: string): readonly string[] {
  return names.split(",").map((name) => name.trim().toUpperCase());
}

function isScaleId(name: string): name is ScaleId {
  return (SCALE_IDS as readonly string[]).includes(name);
}

function casesNamed(names: string): readonly BenchCase[] {
  return idsOf(names).flatMap((name) => {
    const found = BENCH_CASES.find(({ id }) => id.toUpperCase() === name);
    if (found === undefined && name !== FAILOVER && !isScaleId(name))
      throw new Error(`--only ${name}: there is P1, "P1 alone", P2 and P3 to P9`);
    return found ?? [];
  });
}

/** @throws Error with one clear line */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      kills: { type: "string", default: "10" },
      gigabytes: { type: "string", default: "1" },
      dir: { type: "string", default: repositoryPath("data/bench") },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    cases: values.only === undefined ? BENCH_CASES : casesNamed(values.only),
    kills: idsOf(values.only ?? "").includes(FAILOVER)
      ? Math.ceil(positive("kills", values.kills))
      : 0,
    scale: new Set(values.only === undefined ? SCALE_IDS : idsOf(values.only).filter(isScaleId)),
    gigabytes: [...new Set([1, positive("gigabytes", values.gigabytes)])].sort((a, b) => a - b),
    seconds: positive("seconds", values.seconds),
    rounds: Math.ceil(positive("rounds", values.rounds)),
    directory: values.dir,
    out: values.out,
    json: values.json,
    profile: values.profile,
    help: values.help,
  };
}
