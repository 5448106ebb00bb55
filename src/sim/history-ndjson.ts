import {
  type EntryLine,
  type HistoryItems,
  type HistoryKind,
  historyLine,
  type LogLine,
  parseHistoryLine,
  type RunLine,
} from "./history-lines.ts";
import type { ReadEntry, RunRecord } from "./history.ts";

/**
 * A record as lines of `history.ndjson`, one an operation, without their ends. A driver of real
 * processes writes the same lines as it goes (`historyLine`), in any order.
 */
export function* writeHistory(record: RunRecord): Iterable<string> {
  const { nodes, recovery, expected, timing, retention, bounds } = record;
  const limits = bounds?.limits;
  yield historyLine("run", { nodes, recovery, expected, timing, retention, limits });
  for (const append of record.appends) yield historyLine("append", append);
  for (const read of record.reads) yield historyLine("read", read);
  for (const { nodeId, snapshotEnd, compactedTo, entries } of record.logs) {
    yield historyLine("log", { nodeId, snapshotEnd, compactedTo });
    for (const entry of entries) yield historyLine("entry", { nodeId, ...entry });
  }
  for (const sealed of record.sealed) yield historyLine("sealed", sealed);
  for (const fault of record.faults ?? []) yield historyLine("fault", fault);
  for (const sample of bounds?.samples ?? []) yield historyLine("bounds", sample);
  for (const event of record.trace) yield historyLine("trace", event);
}

/**
 * The record that the lines tell of. Empty lines are passed over.
 * @throws Error that names the line, when one cannot be read.
 */
export function readHistory(lines: Iterable<string>): RunRecord {
  const gathered = new Gathered();
  let number = 0;
  for (const text of lines) {
    number++;
    if (text.trim() === "") continue;
    try {
      const { kind, item } = parseHistoryLine(text);
      gathered.add(kind, item);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Error(`line ${number} of the history: ${reason}`, { cause: thrown });
    }
  }
  return gathered.record();
}

/** Everything of one kind, in the order of the lines. */
class Gathered {
  readonly #items: { readonly [Kind in HistoryKind]: HistoryItems[Kind][] } = {
    ...{ run: [], append: [], read: [], log: [], entry: [] },
    ...{ sealed: [], fault: [], bounds: [], trace: [] },
  };

  add(kind: HistoryKind, item: HistoryItems[HistoryKind]): void {
    (this.#items[kind] as unknown[]).push(item);
  }

  record(): RunRecord {
    const { run, append, read, log, entry, sealed, fault, bounds, trace } = this.#items;
    const { nodes, limits, ...rest }: RunLine = Object.assign({}, ...run);
    const measured = limits !== undefined || bounds.length > 0;
    return {
      nodes: nodes ?? [...new Set(log.map(({ nodeId }) => nodeId))],
      appends: append,
      reads: read,
      logs: logsOf(log, entry),
      ...{ sealed, trace },
      ...(fault.length > 0 ? { faults: fault } : {}),
      ...(measured ? { bounds: { limits: limits ?? {}, samples: bounds } } : {}),
      ...rest,
    };
  }
}

function logsOf(logs: readonly LogLine[], lines: readonly EntryLine[]): RunRecord["logs"] {
  const entries = new Map<string, ReadEntry[]>(logs.map(({ nodeId }) => [nodeId, []]));
  for (const { nodeId, ...entry } of lines) {
    const known = entries.get(nodeId);
    if (known === undefined) throw new Error(`entries of ${nodeId}, whose log has no line`);
    known.push(entry);
  }
  return logs.map((log) => ({ ...log, entries: entries.get(log.nodeId) ?? [] }));
}
