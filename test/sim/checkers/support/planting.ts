import type { RunRecord } from "../../../../src/sim/history.ts";
import { type BreakableRun, goodRun } from "./good-run.ts";
import { TraceBuilder } from "./trace-builder.ts";

/** A lie that exactly one check must notice. */
export interface Planted {
  readonly check: string;
  readonly story: string;
  readonly plant: () => RunRecord;
  /** A part of what it must say. */
  readonly message: string;
}

/** A good run, broken. */
export function broken(change: (run: BreakableRun) => void): () => RunRecord {
  return () => {
    const run = goodRun();
    change(run);
    return run;
  };
}

/** A good run in which nodes tell more, at its end. */
export function told(more: (story: TraceBuilder) => TraceBuilder): () => RunRecord {
  return broken((run) => run.trace.push(...more(new TraceBuilder()).events));
}

export function change<Item>(items: Item[], at: number, changes: Partial<Item>): void {
  const item = items[at];
  if (item !== undefined) items[at] = { ...item, ...changes };
}

export const END = 7000;
