import { describe, expect, it } from "vitest";
import { statusText } from "../../src/cli/actions/status.ts";
import { transferText } from "../../src/cli/transfer-text.ts";
import type { WireNodeStatus } from "../../src/wire/log-messages.ts";

function node(nodeId: string, changes: Partial<WireNodeStatus>): WireNodeStatus {
  return {
    ...{ nodeId, clusterId: "c0ffee", role: "follower", term: 2, leaderId: "n1", lastIndex: 9 },
    ...{ durableIndex: 9, commitIndex: 9, appliedIndex: 9, logStartOffset: 40, highWatermark: 90 },
    ...{ nextOffset: 90, segments: [], uptimeMs: 61_000, waiting: "", peers: [], version: "1" },
    ...{ clientAddress: "127.0.0.1:1", error: "", snapshotIndex: 0, transfers: [] },
    ...changes,
  };
}

describe("the table of nodes", () => {
  it("shows where the log starts, the newest snapshot, and what is on its way", () => {
    const transfer = { bytes: 61, totalBytes: 100 };
    const lines = statusText([
      node("n1", {
        ...{ role: "leader", snapshotIndex: 7 },
        transfers: [{ nodeId: "n3", direction: "sending", ...transfer }],
      }),
      node("n3", {
        ...{ role: "nonVoter", waiting: "" },
        transfers: [{ nodeId: "n1", direction: "receiving", ...transfer }],
      }),
    ]).split("\n");
    expect(lines[1]).toMatch(/ LOG START +END +SEGMENTS +SNAPSHOT +UP +CLIENTS +NOTE$/);
    expect(lines[2]).toMatch(/ 40 +90 .* @7 .* sending snapshot to n3 61 %$/);
    expect(lines[3]).toMatch(/ 40 +90 .* - .* installing snapshot 61 %$/);
  });

  it("says first why a node does not take part", () => {
    const transfers = [{ nodeId: "n1", direction: "receiving", bytes: 1, totalBytes: 3 }];
    const text = statusText([node("n2", { waiting: "recovering the log", transfers })]);
    expect(text).toContain("recovering the log; installing snapshot 33 %");
    expect(statusText([node("n2", { role: "down", error: "ECONNREFUSED x" })])).toContain(
      "connection refused",
    );
  });
});

describe("a transfer", () => {
  it("is never told as more than whole, nor as nothing of nothing", () => {
    expect(transferText("n2", { direction: "sending", bytes: 9, totalBytes: 3 })).toContain(
      "100 %",
    );
    expect(transferText("n2", { direction: "sending", bytes: 0, totalBytes: 0 })).toContain("0 %");
  });
});
