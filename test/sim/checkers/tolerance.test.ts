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
    expectFine((run) => ({
      ...run,
      logs: run.logs.map(({ nodeId, entries }) => ({
        ...{ nodeId, snapshotEnd: 3, entries: entries.slice(3) },
      })),
    }));
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
