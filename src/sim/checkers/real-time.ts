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
 * sorts by key, up to ties between reads; so it exists exactly when no operation was answered
 * before another with a smaller key began. One pass over the keys finds out, with the latest
 * beginning so far.
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

/** Every operation that has a place, in columns: a million of them are sorted and walked. */
class Places {
  readonly operations: (AppendOperation | ReadOperation)[] = [];
  readonly keys: number[] = [];
  /** Infinity where nobody answered: it may take effect whenever it likes. */
  readonly settledMs: number[] = [];

  add(operation: AppendOperation | ReadOperation, key: number, settledMs = Infinity): void {
    this.operations.push(operation);
    this.keys.push(key);
    this.settledMs.push(settledMs);
  }

  invokedMs(at: number): number {
    return this.operations[at]?.invokedMs ?? -Infinity;
  }

  /** Positions by key. Key and position are sorted as one number: no comparator is called. */
  inOrder(): Float64Array {
    const count = this.keys.length;
    let least = Infinity;
    for (const key of this.keys) least = Math.min(least, key);
    const order = Float64Array.from(this.keys, (key, at) => (key - least) * count + at);
    order.sort();
    for (let at = 0; at < count; at++) order[at] = (order[at] ?? 0) % count;
    return order;
  }
}

const NONE = -1;

function look(record: RunRecord, found: Findings): void {
  const places = placedOperations(record);
  const order = places.inOrder();
  /** Of all with a smaller key, the one that began last. */
  let latest = NONE;
  for (let begin = 0, end = 0; begin < order.length; begin = end) {
    const key = places.keys[order[begin] ?? NONE];
    let latestOfGroup = latest;
    for (end = begin; end < order.length; end++) {
      const at = order[end] ?? NONE;
      if (places.keys[at] !== key) break;
      if ((places.settledMs[at] ?? Infinity) < places.invokedMs(latest))
        report(places, latest, at, found);
      if (places.invokedMs(at) > places.invokedMs(latestOfGroup)) latestOfGroup = at;
    }
    latest = latestOfGroup;
  }
}

function placedOperations(record: RunRecord): Places {
  const places = new Places();
  const inLog = finalLog(record)?.offsets(record.appends);
  for (let at = 0; at < record.appends.length; at++) {
    const operation = record.appends[at];
    if (operation === undefined || operation.outcome === "failed") continue;
    const acknowledged = operation.outcome === "acknowledged";
    const offset = (acknowledged ? operation.offset : inLog?.[at]) ?? Number.NaN;
    if (Number.isNaN(offset)) continue;
    const settledMs = acknowledged ? operation.settledMs : undefined;
    places.add(operation, (offset + operation.values.length) * 2, settledMs);
  }
  for (const operation of record.reads)
    if (operation.answer !== undefined && operation.consistency === "linearizable")
      places.add(operation, operation.answer.highWatermark * 2 + 1, operation.settledMs);
  return places;
}

function report(places: Places, earlierInLog: number, answeredFirst: number, found: Findings) {
  const [one, other] = [places.operations[earlierInLog], places.operations[answeredFirst]];
  if (one === undefined || other === undefined) return;
  const key = places.keys[answeredFirst] ?? 0;
  const settledMs = other.settledMs ?? Infinity;
  found.add(
    `${nameOf(other)} was answered at ${settledMs} ms and has the later place than ` +
      `${nameOf(one)}, which began at ${one.invokedMs} ms`,
    { operations: [one, other], offset: Math.floor(key / 2), timeMs: settledMs },
  );
}

function nameOf(operation: AppendOperation | ReadOperation): string {
  if ("values" in operation) return `the append of ${operation.values[0]}`;
  const { client, nodeId, answer } = operation;
  return `${client}'s read of ${nodeId} up to ${answer?.highWatermark}`;
}
