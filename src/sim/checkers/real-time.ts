import type { AppendOperation, ReadOperation, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { finalLog, withoutFinalLog } from "./final-log.ts";
import type { Findings } from "./violation.ts";

/**
 * The order of the log must be an order in which everything could have happened, one after another,
 * each between its call and its answer.
 *
 * Its place in that order is an operation's key: a batch that ends before offset `e` has (e, 0), a
 * linearizable read that returned high watermark `h` has (h, 1). Any order that explains the run
 * sorts by key, up to ties between reads; so it exists exactly when no operation was answered before
 * another with a smaller key began. One pass over the keys with the latest beginning so far finds it.
 */
export const realTime = defineCheck({
  id: "K6",
  name: "real time",
  sentence: "What began after something was answered has the later place in the log.",
  unseen: (record) => [
    ...withoutFinalLog(record),
    ...(record.reads.some(({ consistency }) => consistency === "linearizable")
      ? []
      : ["there are no linearizable reads: only appends are judged"]),
  ],
  look,
});

interface Placed {
  readonly operation: AppendOperation | ReadOperation;
  readonly key: number;
  readonly invokedMs: number;
  /** Infinity where nobody answered: it may take effect whenever it likes. */
  readonly settledMs: number;
}

function look(record: RunRecord, found: Findings): void {
  const placed = placedOperations(record);
  const order = sortedByKey(placed);
  let latest: Placed | undefined;
  for (let begin = 0, end = 0; begin < order.length; begin = end) {
    const key = placed[order[begin] ?? 0]?.key;
    let latestOfGroup = latest;
    for (end = begin; end < order.length; end++) {
      const next = placed[order[end] ?? 0];
      if (next === undefined || next.key !== key) break;
      if (latest !== undefined && next.settledMs < latest.invokedMs) report(latest, next, found);
      if (latestOfGroup === undefined || next.invokedMs > latestOfGroup.invokedMs)
        latestOfGroup = next;
    }
    latest = latestOfGroup;
  }
}

function placedOperations(record: RunRecord): readonly Placed[] {
  const placed: Placed[] = [];
  const inLog = finalLog(record)?.offsets(record.appends);
  for (let at = 0; at < record.appends.length; at++) {
    const operation = record.appends[at];
    if (operation === undefined || operation.outcome === "failed") continue;
    const acknowledged = operation.outcome === "acknowledged";
    const offset = (acknowledged ? operation.offset : inLog?.[at]) ?? Number.NaN;
    if (Number.isNaN(offset)) continue;
    const { invokedMs } = operation;
    const settledMs = (acknowledged ? operation.settledMs : undefined) ?? Infinity;
    placed.push({ operation, key: (offset + operation.values.length) * 2, invokedMs, settledMs });
  }
  for (const operation of record.reads) {
    const { answer, consistency, invokedMs } = operation;
    if (answer === undefined || consistency !== "linearizable") continue;
    const settledMs = operation.settledMs ?? Infinity;
    placed.push({ operation, key: answer.highWatermark * 2 + 1, invokedMs, settledMs });
  }
  return placed;
}

/** Positions in the order of their keys. Key and position are one number: no comparator is called. */
function sortedByKey(placed: readonly Placed[]): Float64Array {
  const count = placed.length;
  const keys = new Float64Array(count);
  let least = Infinity;
  for (const { key } of placed) least = Math.min(least, key);
  for (let at = 0; at < count; at++) keys[at] = ((placed[at]?.key ?? 0) - least) * count + at;
  keys.sort();
  for (let at = 0; at < count; at++) keys[at] = (keys[at] ?? 0) % count;
  return keys;
}

function report(earlierInLog: Placed, answeredFirst: Placed, found: Findings): void {
  found.add(
    `${nameOf(answeredFirst)} was answered at ${answeredFirst.settledMs} ms and has the later ` +
      `place than ${nameOf(earlierInLog)}, which began at ${earlierInLog.invokedMs} ms`,
    {
      operations: [earlierInLog.operation, answeredFirst.operation],
      offset: Math.floor(answeredFirst.key / 2),
      timeMs: answeredFirst.settledMs,
    },
  );
}

function nameOf({ operation, key }: Placed): string {
  if ("values" in operation) return `the append of ${operation.values[0]}`;
  return `${operation.client}'s read of ${operation.nodeId} up to ${(key - 1) / 2}`;
}
