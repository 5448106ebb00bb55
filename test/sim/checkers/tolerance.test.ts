import { describe, expect, it } from "vitest";
import { judge } from "../../../src/sim/checkers/index.ts";
import type { ReadOperation, RunRecord } from "../../../src/sim/history.ts";
import { type BreakableRun, goodRun } from "./support/good-run.ts";
import { TraceBuilder } from "./support/trace-builder.ts";

/** What is strange and yet allowed: a check too strict is worth as little as a blind one. */
describe("no check complains", () => {
  const expectFine = (change: (run: BreakableRun) => RunRecord | void): void => {
    const run = goodRun();
    expect(judge(change(run) ?? run).violations).toEqual([]);
  };
  const read = (changes: Partial<ReadOperation>): ReadOperation => ({
    ...{ client: "c7", nodeId: "n1", consistency: "local", from: 0 },
    ...{ invokedMs: 2500, settledMs: 2510 },
    answer: { values: [], highWatermark: 1, logStartOffset: 0 },
    ...changes,
  });
  const longAnswer = { values: ["a"], highWatermark: 4, logStartOffset: 0 };

  it("when the log's beginning was truncated under a snapshot", () => {
    expectFine((run) => {
      const trimmed = new TraceBuilder().tell(6500, "n2", 2, "log.trimmed", { logStartOffset: 3 });
      run.trace.push(...trimmed.events);
      for (const log of run.logs) {
        log.snapshotEnd = 3;
        log.entries.splice(0, 3);
      }
    });
  });

  it("when compaction took a record that a newer one of its key stands for", () => {
    expectFine((run) => {
      for (const log of run.logs.slice(0, 2)) {
        log.compactedTo = 4;
        log.entries = log.entries.filter(({ values }) => values[0] !== "a" && values.length > 0);
      }
    });
  });

  it("when a key was deleted, and the deletion was old enough to go, too", () => {
    expectFine((run) => {
      const [, , , d] = run.appends;
      if (d !== undefined) run.appends[3] = { ...d, deletes: [true] };
      for (const log of run.logs) {
        log.compactedTo = 4;
        log.entries = log.entries.filter(
          ({ values }) => values.length > 0 && !["a", "d"].includes(values[0] ?? ""),
        );
      }
    });
  });

  it("when the log begins within an entry, and one node has compacted what lies before", () => {
    // Seed 209334: a record below the log start was held against the node that had let it go.
    expectFine((run) => {
      run.trace.push(
        ...new TraceBuilder().tell(6500, "n2", 2, "log.trimmed", { logStartOffset: 2 }).events,
      );
      for (const log of run.logs) {
        Object.assign(log, { snapshotEnd: 2, compactedTo: 4 });
        log.entries = log.entries.filter(({ values }) => values.length > 0 && values[0] !== "a");
        if (log.nodeId !== "n2") continue;
        log.entries = log.entries.map((entry) =>
          entry.values[0] === "b" ? { ...entry, baseOffset: 2, values: ["c"] } : entry,
        );
      }
    });
  });

  it("when a snapshot takes the place of a node's log", () => {
    expectFine((run) => {
      run.trace.push(
        ...new TraceBuilder()
          .tell(6500, "n3", 2, "snapshot.installed", { lastIndex: 7, ofTerm: 2 })
          .tell(6501, "n3", 2, "entry.committed", { index: 7, ofTerm: 2 }).events,
      );
    });
  });

  it("when a wiped node begins its incarnations anew", () => {
    expectFine((run) => {
      run.faults.push({ kind: "wipe", atMs: 6500, wiped: ["n3"] });
      run.trace.push(
        ...new TraceBuilder()
          .tell(6800, "n3", 0, "node.started", { incarnation: 1 })
          .tell(6801, "n3", 0, "log.opened", { lastIndex: 0, terms: "0@0" }).events,
      );
    });
  });

  it("when an operator, the size or the age of what is gone asked for a trim", () => {
    const trim = {
      ...{ nodeId: "n1", timeMs: 5000, logStartOffset: 3, bytesKept: 400, newestGone: 1000 },
      ...{ wallMs: 5000, retentionBytes: undefined, retentionMs: undefined },
    };
    const trims = [
      { ...trim, logStartOffset: 2 },
      { ...trim, retentionBytes: 400 },
      { ...trim, retentionMs: 4000 },
    ];
    const orders = [{ invokedMs: 4900, beforeOffset: 2 }];
    expectFine((run) => ({ ...run, retention: { orders, trims, sizes: [] } }));
  });

  it("when an append of unknown outcome turns out to be written, long after", () => {
    expectFine((run) => {
      const late = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["x"] };
      for (const log of run.logs) log.entries.push(late);
      const [, , x] = run.appends;
      if (x !== undefined) run.appends[2] = { ...x, settledMs: 1500, sequence: 9 };
    });
  });

  it("when a client's local reads from two nodes go back", () => {
    expectFine((run) => {
      run.reads.push(read({ nodeId: "n2", answer: longAnswer }));
      run.reads.push(read({ nodeId: "n3", invokedMs: 2600, settledMs: 2610 }));
    });
  });

  it("when a node has restarted between two local reads", () => {
    expectFine((run) => {
      run.reads.push(read({ answer: longAnswer }));
      run.reads.push(read({ invokedMs: 7000, settledMs: 7010 }));
      run.trace.push(
        ...new TraceBuilder()
          .tell(6800, "n1", 0, "node.started", { incarnation: 2 })
          .tell(6801, "n1", 0, "log.opened", { lastIndex: 6, terms: "0@0 1x3 2x3" }).events,
      );
    });
  });

  it("when a process ends because its disk failed", () => {
    expectFine((run) => {
      run.faults.push({ kind: "EIO", atMs: 6500, mayHalt: ["n3"] });
      const facts = { kind: "io", reason: "disk failed" };
      run.trace.push(...new TraceBuilder().tell(6600, "n3", 2, "node.halted", facts).events);
    });
  });
});
