import { RARE_STATE_NAMES, type RareState } from "../rare-states/names.ts";
import type { RunResult } from "../run.ts";
import { replayLine } from "../run-options.ts";

/** A run that found something, and how to see it again. */
export interface Failure {
  readonly seed: number;
  readonly check: string;
  readonly message: string;
  readonly replay: string;
}

/** A process that stayed down because of damage that the nemesis had done. */
export interface DocumentedHalt {
  readonly seed: number;
  readonly node: string;
  readonly kind: string;
  readonly reason: string;
}

/** Many runs, added up. */
export interface Summary {
  readonly seeds: number;
  /** Seeds with at least one violation. */
  readonly violations: number;
  readonly simulatedSeconds: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly rareStates: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly halts: readonly DocumentedHalt[];
}

/** Enough to work on; a broken build would print a book. */
const MAX_LISTED = 50;

export const EMPTY_SUMMARY: Summary = {
  seeds: 0,
  violations: 0,
  simulatedSeconds: 0,
  acknowledged: 0,
  reads: 0,
  rareStates: {},
  faults: {},
  failures: [],
  halts: [],
};

export function summaryOf(result: RunResult): Summary {
  const { options, violations, record, rareStates, faults, halts, simulatedMs } = result;
  const { seed } = options;
  const [first] = violations;
  return {
    seeds: 1,
    violations: first === undefined ? 0 : 1,
    simulatedSeconds: simulatedMs / 1000,
    acknowledged: record.appends.filter(({ outcome }) => outcome === "acknowledged").length,
    reads: record.reads.filter(({ answer }) => answer !== undefined).length,
    rareStates,
    faults,
    failures:
      first === undefined
        ? []
        : [{ seed, check: first.check, message: first.message, replay: replayLine(options) }],
    halts: halts.map(({ nodeId, kind, reason }) => ({ seed, node: nodeId, kind, reason })),
  };
}

export function addUp(one: Summary, other: Summary): Summary {
  return {
    seeds: one.seeds + other.seeds,
    violations: one.violations + other.violations,
    simulatedSeconds: one.simulatedSeconds + other.simulatedSeconds,
    acknowledged: one.acknowledged + other.acknowledged,
    reads: one.reads + other.reads,
    rareStates: addCounts(one.rareStates, other.rareStates),
    faults: addCounts(one.faults, other.faults),
    failures: bySeed([...one.failures, ...other.failures]),
    halts: bySeed([...one.halts, ...other.halts]),
  };
}

/** Rare states that no run came to. */
export function neverReached({ rareStates }: Summary): readonly RareState[] {
  return RARE_STATE_NAMES.filter((name) => (rareStates[name] ?? 0) === 0);
}

function addCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function bySeed<T extends { readonly seed: number }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.seed - b.seed).slice(0, MAX_LISTED);
}
