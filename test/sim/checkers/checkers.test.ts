import { describe, expect, it } from "vitest";
import { Term } from "../../../src/common/brand.ts";
import type { TraceEvent } from "../../../src/common/trace.ts";
import { checkAcknowledgedRecords } from "../../../src/sim/checkers/acknowledged-records.ts";
import { checkDenseOffsets } from "../../../src/sim/checkers/dense-offsets.ts";
import { checkEqualLogs } from "../../../src/sim/checkers/equal-logs.ts";
import { checkOneLeaderPerTerm } from "../../../src/sim/checkers/one-leader-per-term.ts";
import type { AppendOperation, ReadEntry, ReadLog } from "../../../src/sim/history.ts";

function log(nodeId: string, batches: readonly (readonly string[])[]): ReadLog {
  let baseOffset = 0;
  const entries: ReadEntry[] = batches.map((values, i) => {
    const entry = { index: i + 1, term: 1, chain: i, baseOffset, values };
    baseOffset += values.length;
    return entry;
  });
  return { nodeId, entries };
}

function operation(
  values: readonly string[],
  outcome: AppendOperation["outcome"],
  offset?: number,
): AppendOperation {
  return { client: "c1", values, invokedMs: 0, settledMs: 1, outcome, offset };
}

const won = (node: string, term: number): TraceEvent => {
  return { seq: 1, node, time: 0, term: Term(term), event: "election.won", facts: {} };
};

describe("the checkers", () => {
  it("find nothing in a run that went well", () => {
    const read = log("n1", [["a"], [], ["b", "c"]]);
    const operations = [
      operation(["a"], "acknowledged", 0),
      operation(["b", "c"], "unknown"),
      operation(["d"], "failed"),
      operation(["e"], "unknown"),
    ];
    expect(checkAcknowledgedRecords(operations, read)).toEqual([]);
    expect(checkDenseOffsets(read)).toEqual([]);
    expect(checkEqualLogs([read, log("n2", [["a"], [], ["b", "c"]])])).toEqual([]);
    expect(checkOneLeaderPerTerm([won("n1", 1), won("n2", 2), won("n2", 2)])).toEqual([]);
  });

  it.each([
    ["a lost acknowledged record", [operation(["a"], "acknowledged", 0)], []],
    ["a record at another offset", [operation(["a"], "acknowledged", 1)], [["a"]]],
    ["a failed append that is there", [operation(["a"], "failed")], [["a"]]],
    ["a record that is there twice", [operation(["a"], "unknown")], [["a"], ["a"]]],
    ["a record that nobody appended", [], [["a"]]],
  ] as const)("find %s", (_what, operations, batches) => {
    expect(checkAcknowledgedRecords(operations, log("n1", batches))).toHaveLength(1);
  });

  it("find a gap in indexes and in offsets", () => {
    const entries = log("n1", [["a"], ["b"], ["c"]]).entries;
    const withoutSecond = entries.filter(({ index }) => index !== 2);
    expect(checkDenseOffsets({ nodeId: "n1", entries: withoutSecond })).toHaveLength(2);
  });

  it("find logs that differ in an entry or in length", () => {
    const mine = log("n1", [["a"], ["b"]]);
    expect(checkEqualLogs([mine, log("n2", [["a"], ["x"]])])).toEqual([
      "n2 and n1 differ at index 2",
    ]);
    expect(checkEqualLogs([mine, log("n2", [["a"]])])).toHaveLength(1);
  });

  it("find two leaders in one term", () => {
    expect(checkOneLeaderPerTerm([won("n1", 4), won("n2", 4)])).toHaveLength(1);
  });
});
