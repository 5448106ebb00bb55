import { randomInteger, seededRandom } from "../../../../src/common/random.ts";
import type {
  AppendOperation,
  ReadEntry,
  ReadOperation,
  RunRecord,
} from "../../../../src/sim/history.ts";

const CLIENTS = 64;
const NODES = ["n1", "n2", "n3"] as const;

/** What has been built so far. */
interface Growing {
  readonly random: () => number;
  readonly appends: AppendOperation[];
  readonly reads: ReadOperation[];
  readonly entries: ReadEntry[];
  readonly values: string[];
  nowMs: number;
}

/** A run that went well, of `count` operations that overlap: six of ten append, the rest read. */
export function longHistory(count: number): RunRecord {
  const random = seededRandom(1);
  const run: Growing = {
    random: () => random.next(),
    ...{ appends: [], reads: [], entries: [], values: [], nowMs: 0 },
  };
  for (let at = 0; at < count; at++) {
    run.nowMs += run.random();
    const client = `c${randomInteger(random, 1, CLIENTS)}`;
    const nodeId = NODES[at % NODES.length] ?? "n1";
    if (run.random() < 0.6) append(run, client, at);
    else read(run, client, nodeId);
  }
  const { appends, reads, entries } = run;
  const logs = NODES.map((nodeId) => ({ nodeId, entries: entries.map(readBack) }));
  return { nodes: NODES, appends, reads, logs, sealed: [], trace: [] };
}

/** Each node's log is read by itself: equal values, but not the same strings in memory. */
function readBack(entry: ReadEntry): ReadEntry {
  const values = entry.values.map((value) => Buffer.from(value).toString("latin1"));
  return { ...entry, values };
}

function append(run: Growing, client: string, sequence: number): void {
  const { appends, entries, values, nowMs } = run;
  const size = 1 + Math.floor(run.random() * 3);
  const batch = Array.from({ length: size }, (_, i) => `${client}-${sequence}-${i}`);
  const written = run.random() < 0.99;
  const outcome = !written ? "failed" : run.random() < 0.99 ? "acknowledged" : "unknown";
  const offset = outcome === "acknowledged" ? values.length : undefined;
  const [invokedMs, settledMs] = [nowMs - run.random() * 5, nowMs + run.random() * 5];
  appends.push({ client, values: batch, invokedMs, settledMs, outcome, offset, sequence });
  if (!written) return;
  const index = entries.length + 1;
  entries.push({ index, term: 1, chain: index, baseOffset: values.length, values: batch });
  values.push(...batch);
}

function read(run: Growing, client: string, nodeId: string): void {
  const { reads, values, nowMs } = run;
  const highWatermark = values.length;
  const from = Math.max(0, highWatermark - 4);
  const offsets = Array.from({ length: highWatermark - from }, (_, i) => from + i);
  const answer = { values: values.slice(from), highWatermark, logStartOffset: 0, offsets };
  const [invokedMs, settledMs] = [nowMs - run.random() * 5, nowMs + run.random() * 5];
  const session = run.random() < 0.2 ? true : undefined;
  const consistency = session === true ? "local" : "linearizable";
  reads.push({ client, nodeId, consistency, from, invokedMs, settledMs, session, answer });
}
