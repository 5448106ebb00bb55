import type { AppendOperation, ReadOperation, RunRecord } from "../../../../src/sim/history.ts";

/** One log and the operations on it, for a search that knows nothing of keys or offsets. */
interface Search {
  readonly appends: readonly AppendOperation[];
  readonly reads: readonly ReadOperation[];
  readonly final: readonly string[];
  /** States from which the search has failed before. */
  readonly dead: Set<string>;
}

/**
 * Whether some order of single steps explains the run: each operation takes effect at one moment
 * between its call and its answer; an append of unknown outcome at any moment after its call, or
 * never; one that failed never. A batch is added at the end of one log; a linearizable read sees
 * all of it; in the end it is the log that the nodes hold. Tries all orders: for a handful of
 * operations.
 */
export function bruteForceExplains({ appends, reads, logs }: RunRecord): boolean {
  const linearizable = reads.filter(
    ({ consistency, answer }) => consistency === "linearizable" && answer !== undefined,
  );
  const final = logs[0]?.entries.flatMap(({ values }) => values) ?? [];
  return explains([], 0, 0, { appends, reads: linearizable, final, dead: new Set() });
}

function explains(log: readonly string[], added: number, read: number, search: Search): boolean {
  const { appends, reads, final, dead } = search;
  const state = `${log.length}/${added}/${read}`;
  if (dead.has(state)) return false;
  const left = <Item>(items: readonly Item[], done: number) =>
    [...items.entries()].filter(([at]) => (done & (1 << at)) === 0);
  const waiting = left(appends, added).filter(([, { outcome }]) => outcome !== "failed");
  const asking = left(reads, read);
  const mustBeDone = waiting.filter(([, { outcome }]) => outcome === "acknowledged");
  if (mustBeDone.length === 0 && asking.length === 0 && log.join() === final.join()) return true;
  // Who was answered must take effect before anybody who was called after that answer.
  const firstAnswer = Math.min(
    ...mustBeDone.map(([, { settledMs }]) => settledMs ?? Infinity),
    ...asking.map(([, { settledMs }]) => settledMs ?? Infinity),
  );
  const found =
    waiting.some(
      ([at, { invokedMs, values, offset, outcome }]) =>
        invokedMs <= firstAnswer &&
        (outcome !== "acknowledged" || offset === log.length) &&
        values.every((value, i) => final[log.length + i] === value) &&
        explains([...log, ...values], added | (1 << at), read, search),
    ) ||
    asking.some(
      ([at, { invokedMs, answer, from }]) =>
        invokedMs <= firstAnswer &&
        answer?.highWatermark === log.length &&
        answer.values.every((value, i) => log[from + i] === value) &&
        explains(log, added, read | (1 << at), search),
    );
  if (!found) dead.add(state);
  return found;
}
