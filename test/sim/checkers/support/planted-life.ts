import type { RunRecord } from "../../../../src/sim/history.ts";
import { type BreakableRun, goodRun } from "./good-run.ts";
import { broken, change, END, type Planted, told } from "./planting.ts";
import { TraceBuilder } from "./trace-builder.ts";

type Trim = NonNullable<RunRecord["retention"]>["trims"][number];
type Size = NonNullable<RunRecord["retention"]>["sizes"][number];

function trimmed(changes: Partial<Trim>, orders: readonly number[] = []): () => RunRecord {
  const trim = {
    ...{ nodeId: "n2", timeMs: 5000, logStartOffset: 3, bytesKept: 400, newestGone: 1000 },
    ...{ wallMs: 5000, retentionBytes: 1000, retentionMs: 9000 },
    ...changes,
  };
  const asked = orders.map((beforeOffset) => ({ invokedMs: 4900, beforeOffset }));
  return () => ({ ...goodRun(), retention: { orders: asked, trims: [trim], sizes: [] } });
}

function kept(changes: Partial<Size>): () => RunRecord {
  const size = {
    ...{ nodeId: "n3", timeMs: END, bytes: 1500, oldestBytes: 600 },
    ...{ retentionBytes: 1000, waiting: 0 },
    ...changes,
  };
  return () => ({ ...goodRun(), retention: { orders: [], trims: [], sizes: [size] } });
}

/** All nodes' logs as they are once compaction has gone up to `d`. */
function compacted(change: (run: BreakableRun) => void): () => RunRecord {
  return broken((run) => {
    for (const log of run.logs) {
      log.compactedTo = 4;
      log.entries = log.entries.filter(({ values }) => values[0] !== "a" && values.length > 0);
    }
    change(run);
  });
}

/** Lies about logs whose segments come and go. */
export const LIFE: readonly Planted[] = [
  {
    check: "K1",
    story: "a log begins behind an acknowledged record, and nobody trimmed it",
    plant: broken((run) => {
      for (const log of run.logs) {
        log.snapshotEnd = 3;
        log.entries.splice(0, 3);
      }
    }),
    message: "a was acknowledged at 0, where nothing is: the log begins at 3, and was trimmed to 0",
  },
  {
    check: "K8",
    story: "a hole reaches beyond what is compacted",
    plant: broken((run) => {
      const answer = run.reads[5]?.answer;
      if (answer !== undefined) change(run.reads, 5, { answer: { ...answer, compactedTo: 0 } });
    }),
    message: "a read from 0 was given 1 where 0 comes",
  },
  {
    check: "K8",
    story: "a compacted log shows a record twice",
    plant: compacted((run) => {
      const [batch] = run.logs[1]?.entries ?? [];
      if (batch !== undefined) run.logs[1]?.entries.splice(1, 0, batch);
    }),
    message: "n2: its compacted log, up to 4, has [1, 3) where 3 may come",
  },
  {
    check: "K14",
    story: "a node begins anew, and nobody wiped it",
    plant: told((story) =>
      story
        .tell(END, "n3", 0, "node.started", { incarnation: 1 })
        .tell(END, "n3", 0, "log.opened", { lastIndex: 6, terms: "0@0 1x3 2x3" }),
    ),
    message: "n3: its incarnation goes back from 1 to 1",
  },
  {
    check: "K15",
    story: "nodes that are no voters any more count for an acknowledgement",
    plant: broken((run) => {
      run.faults.push({ kind: "wipe", atMs: 4000, wiped: ["n1", "n3"] });
    }),
    message: "n2 acknowledges up to entry 6 of term 2, which is synced on n2 only",
  },
  {
    check: "K18",
    story: "a crash leaves a checkpoint that is taken for damaged",
    plant: told((story) =>
      story.tell(END, "n3", 2, "snapshot.damaged", { file: "5.checkpoint", reason: "torn" }),
    ),
    message: "n3 finds 5.checkpoint damaged, and nothing has harmed its disk",
  },
  {
    check: "K18",
    story: "a sync that failed is believed in, and its pages are found damaged later",
    plant: broken((run) => {
      run.faults.push({ kind: "sync-error", atMs: 4000, mayHalt: ["n3"] });
      run.trace.push(
        ...new TraceBuilder().tell(END, "n3", 2, "entry.damaged", { index: 2 }).events,
      );
    }),
    message: "n3 finds entry 2 damaged, and nothing has harmed its disk",
  },
  {
    check: "K20",
    story: "the policy trims what retention keeps",
    plant: trimmed({}),
    message: "n2 trims to 3, which nobody asked for: 400 bytes are left",
  },
  {
    check: "K20",
    story: "a trim goes further than an operator asked",
    plant: trimmed({ retentionBytes: undefined, retentionMs: undefined }, [2]),
    message: "n2 trims to 3, which nobody asked for",
  },
  {
    check: "K20",
    story: "a node never lets go of anything",
    plant: kept({ bytes: 1600 }),
    message: "n3 keeps 1600 bytes; without the oldest 600 there would still be more",
  },
  {
    check: "K20",
    story: "a node never compacts",
    plant: kept({ waiting: 2 }),
    message: "n3 does not compact 2 segments that a snapshot covers",
  },
  {
    check: "K21",
    story: "compaction takes a record without a key",
    plant: compacted((run) => {
      const [, batch] = run.appends;
      if (batch !== undefined) run.logs[2]?.entries.splice(0, 1);
    }),
    message: "n3 has not b, acknowledged at 1, and no newer record of its key below 4",
  },
  {
    check: "K21",
    story: "compaction takes the newest record of a key",
    plant: compacted((run) => {
      for (const log of run.logs) log.entries.splice(1, 1);
    }),
    message: "n1 has not d, acknowledged at 3, and no newer record of its key below 4",
  },
  {
    check: "K21",
    story: "a read of a compacted log skips the newest record of a key",
    plant: broken((run) => change(run.appends, 3, { keys: ["other"] })),
    message: "c5's read of n3 from 0 has not a, acknowledged at 0",
  },
  {
    check: "K21",
    story: "a deletion is gone, and what it deleted is there again",
    plant: compacted((run) => {
      change(run.appends, 3, { deletes: [true] });
      for (const log of run.logs)
        log.entries.splice(1, 1, { index: 2, term: 1, chain: 201, baseOffset: 0, values: ["a"] });
      for (const log of run.logs) log.entries.sort((a, b) => a.baseOffset - b.baseOffset);
    }),
    message: "n1 has a at 0, and not d, which deletes it",
  },
  {
    check: "K21",
    story: "two nodes that are compacted as far show different records",
    plant: broken((run) => {
      change(run.appends, 2, { keys: ["y"] });
      const x = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["x"] };
      for (const log of run.logs) log.entries.push(x);
      const [n1, n2] = run.logs;
      for (const log of [n1, n2]) if (log !== undefined) log.compactedTo = 6;
      n1?.entries.pop();
    }),
    message: "n2 has x at 5, where its log is compacted, and n1, compacted as far, nothing",
  },
];
