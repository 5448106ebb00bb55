import type { BenchCase } from "./cases.ts";

/**
 * What is measured, in one run, one after the other: Balsa; the bare pipeline on preallocated
 * files and on growing files.
 */
export type Subject = "balsa" | "preallocated" | "growing";

/** One run: the figure, and the CPU time that each append cost the client and all three nodes. */
export interface Run {
  readonly value: number;
  readonly clientCpuUs: number;
  readonly nodesCpuUs: number;
}

type Round = Readonly<Partial<Record<Subject, Run>>>;

export interface Measured {
  readonly id: string;
  readonly title: string;
  readonly load: BenchCase["load"];
  readonly unit: string;
  /** Balsa: median of the rounds. */
  readonly value: number;
  /** The bare pipeline on preallocated files: median of the rounds. */
  readonly ceiling: number;
  /** The bare pipeline on growing files. */
  readonly ceilingGrowing: number;
  /** Median of the rounds' own ratios: both sides of one ratio were measured side by side. */
  readonly ratioToCeiling: number;
  readonly ratioToCeilingGrowing: number;
  readonly goalRatio: number;
  readonly reached: boolean;
  /** Medians of microseconds of CPU for each append: Balsa's, and the ceiling's. */
  readonly cpuUs: Readonly<Record<"client" | "nodes" | "ceilingClient" | "ceilingNodes", number>>;
  readonly rounds: readonly Round[];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Rounds run forwards and backwards in turn, so that a machine that slows down favours nobody. */
async function runRounds(
  subjects: readonly Subject[],
  count: number,
  measure: (subject: Subject) => Promise<Run>,
): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let at = 0; at < count; at++) {
    const round: Partial<Record<Subject, Run>> = {};
    const order = at % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) round[subject] = await measure(subject);
    rounds.push(round);
  }
  return rounds;
}

export async function measureCase(
  { id, title, load, unit, higherIsBetter, goalRatio }: BenchCase,
  count: number,
  measure: (subject: Subject) => Promise<Run>,
): Promise<Measured> {
  const rounds = await runRounds(["preallocated", "balsa", "growing"], count, measure);
  const of = (subject: Subject, key: keyof Run = "value"): number =>
    median(rounds.map((round) => round[subject]?.[key] ?? NaN));
  const ratioTo = (subject: Subject): number =>
    median(rounds.map((round) => (round.balsa?.value ?? NaN) / (round[subject]?.value ?? NaN)));
  const ratioToCeiling = ratioTo("preallocated");
  return {
    id,
    title,
    load,
    unit,
    value: of("balsa"),
    ceiling: of("preallocated"),
    ceilingGrowing: of("growing"),
    ratioToCeiling,
    ratioToCeilingGrowing: ratioTo("growing"),
    goalRatio,
    reached: higherIsBetter ? ratioToCeiling >= goalRatio : ratioToCeiling <= goalRatio,
    cpuUs: {
      client: of("balsa", "clientCpuUs"),
      nodes: of("balsa", "nodesCpuUs"),
      ceilingClient: of("preallocated", "clientCpuUs"),
      ceilingNodes: of("preallocated", "nodesCpuUs"),
    },
    rounds,
  };
}
