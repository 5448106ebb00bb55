import type { NodeId } from "../../../../src/common/brand.ts";
import type { TraceEvent } from "../../../../src/common/trace.ts";
import type {
  AppendOperation,
  Fault,
  ReadEntry,
  ReadOperation,
  RunRecord,
} from "../../../../src/sim/history.ts";
import { TraceBuilder } from "./trace-builder.ts";

/** A record whose lists a test may break. */
export interface BreakableRun extends RunRecord {
  readonly appends: AppendOperation[];
  readonly reads: ReadOperation[];
  readonly logs: BreakableLog[];
  readonly sealed: { nodeId: NodeId; file: string; sha256: string }[];
  readonly trace: TraceEvent[];
  readonly faults: Fault[];
}

interface BreakableLog {
  readonly nodeId: NodeId;
  entries: ReadEntry[];
  snapshotEnd?: number;
  compactedTo?: number;
}

const NODES = ["n1", "n2", "n3"] as const;
const FORMED = "0@0";

/**
 * Term 1: n1 leads, appends `a` and the batch `b c`, is cut off with `x` on its disk alone, and
 * steps down. Term 2: n2 leads, appends `d`; n1 comes back and lets go of `x`; a link is lost one
 * way for long, and `e` gets through all the same. `f` is refused. `a` and `d` have the same key,
 * and a reader meets a compacted log.
 */
export function goodRun(): BreakableRun {
  return {
    nodes: NODES,
    appends: appends(),
    reads: reads(),
    logs: NODES.map((nodeId) => ({ nodeId, entries: entries() })),
    sealed: NODES.map((nodeId) => ({ nodeId, file: "0.log", sha256: "5e" })),
    trace: trace(),
    faults: [
      { kind: "isolate", atMs: 1000, untilMs: 1900, cut: cutOff("n1") },
      { kind: "one-way cut", atMs: 3000, untilMs: 6000, cut: [{ from: "n3", to: "n1" }] },
    ],
    recovery: {
      healedMs: 6000,
      limitMs: 1000,
      leaderMs: 6000,
      acknowledgedMs: 6110,
      equalMs: 6120,
    },
    bounds: {
      limits: { uncommittedBytes: 1000 },
      samples: [{ nodeId: "n1", timeMs: 500, held: { uncommittedBytes: 1000 } }],
    },
    retention: { orders: [], trims: [], sizes: [] },
    expected: {
      ...{ acknowledged: 4, unknown: 1, reads: 4, faults: 2, leaderChanges: 1, truncations: 1 },
    },
    timing: { electionTimeoutMs: 100, electionsPerFault: 1 },
  };
}

function cutOff(node: NodeId): { from: NodeId; to: NodeId }[] {
  return NODES.filter((other) => other !== node).flatMap((other) => [
    { from: node, to: other },
    { from: other, to: node },
  ]);
}

function append(
  client: string,
  sequence: number,
  values: readonly string[],
  [invokedMs, settledMs]: readonly [number, number | undefined],
): AppendOperation {
  const outcome = settledMs === undefined ? "unknown" : "acknowledged";
  return { client, sequence, values, invokedMs, settledMs, outcome, offset: undefined };
}

function appends(): AppendOperation[] {
  return [
    { ...append("c1", 0, ["a"], [200, 210]), keys: ["k"], offset: 0 },
    { ...append("c1", 1, ["b", "c"], [300, 310]), offset: 1 },
    append("c1", 3, ["x"], [990, undefined]),
    { ...append("c2", 0, ["d"], [2100, 2110]), keys: ["k"], offset: 3 },
    { ...append("c2", 1, ["f"], [2200, 2201]), outcome: "failed" },
    { ...append("c2", 2, ["e"], [4500, 4510]), offset: 4 },
  ];
}

function read(
  client: string,
  nodeId: NodeId,
  [invokedMs, settledMs]: readonly [number, number],
  values: readonly string[],
): ReadOperation {
  const offsets = [...values.keys()];
  const answer = { values, highWatermark: values.length, logStartOffset: 0, offsets };
  return { client, nodeId, consistency: "local", from: 0, invokedMs, settledMs, answer };
}

function reads(): ReadOperation[] {
  return [
    { ...read("c1", "n1", [220, 230], ["a"]), consistency: "linearizable" },
    { ...read("c1", "n2", [320, 330], ["a", "b", "c"]), session: true },
    read("c3", "n3", [340, 350], ["a"]),
    { ...read("c2", "n2", [2120, 2130], ["a", "b", "c", "d"]), session: true },
    read("c3", "n3", [2300, 2310], ["a", "b", "c"]),
    { ...read("c5", "n3", [2400, 2410], []), answer: compactedAnswer() },
  ];
}

function compactedAnswer(): NonNullable<ReadOperation["answer"]> {
  const compacted = { offsets: [1, 2, 3], compactedTo: 4, nextOffset: 4 };
  return { values: ["b", "c", "d"], highWatermark: 4, logStartOffset: 0, ...compacted };
}

function entries(): ReadEntry[] {
  const entry = (index: number, term: number, baseOffset: number, values: readonly string[]) => {
    return { index, term, chain: index * 100 + term, baseOffset, values };
  };
  return [
    entry(1, 1, 0, []),
    entry(2, 1, 0, ["a"]),
    entry(3, 1, 1, ["b", "c"]),
    entry(4, 2, 3, []),
    entry(5, 2, 3, ["d"]),
    entry(6, 2, 4, ["e"]),
  ];
}

function trace(): TraceEvent[] {
  const story = new TraceBuilder();
  for (const node of NODES)
    story
      .tell(10, node, 0, "node.started", { incarnation: 1 })
      .tell(20, node, 0, "log.opened", { lastIndex: 0, terms: FORMED });
  story.tell(100, "n1", 1, "election.won", { term: 1 });
  for (const node of ["n2", "n3"]) story.tell(110, node, 1, "leader.followed", { leaderId: "n1" });
  for (const index of [1, 2, 3]) story.replicate(index * 100, 1, index, NODES);
  story
    .append(991, "n1", 1, 4)
    .sync(992, "n1", 1, 4)
    .tell(1150, "n1", 1, "leader.steppedDown")
    .tell(1500, "n2", 2, "election.won", { term: 2 })
    .tell(1510, "n3", 2, "leader.followed", { leaderId: "n2" })
    .replicate(1600, 2, 4, ["n2", "n3"])
    .tell(1950, "n1", 2, "leader.followed", { leaderId: "n2" })
    .tell(1951, "n1", 2, "log.truncated", { from: 4 })
    .append(1951, "n1", 2, 4)
    .sync(1952, "n1", 2, 4)
    .commit(1953, "n1", 2, 4);
  return story.replicate(2100, 2, 5, ["n2", "n1", "n3"]).replicate(4500, 2, 6, ["n2", "n1", "n3"])
    .events;
}
