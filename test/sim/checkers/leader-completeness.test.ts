import { describe, expect, it } from "vitest";
import { leaderCompleteness } from "../../../src/sim/checkers/leader-completeness.ts";
import type { RunRecord } from "../../../src/sim/history.ts";
import { TraceBuilder } from "./support/trace-builder.ts";

const NODES = ["n1", "n2", "n3"] as const;

function messages({ events: trace }: TraceBuilder): readonly string[] {
  const record: RunRecord = { nodes: NODES, appends: [], reads: [], logs: [], sealed: [], trace };
  return leaderCompleteness.violations(record).map(({ message }) => message);
}

/** n1 has written three entries in term 1, of which n2 has all and n3 has two. */
function written(): TraceBuilder {
  const story = new TraceBuilder().tell(1, "n1", 1, "election.won");
  return story.append(2, "n1", 1, 1, 3).append(3, "n2", 1, 1, 3).append(3, "n3", 1, 1, 2);
}

describe("F4 leader completeness", () => {
  it("judges a leader by what an older one learns to be committed only afterwards", () => {
    const n2 = written().tell(5, "n2", 2, "election.won").commit(6, "n1", 1, 3);
    expect(messages(n2)).toEqual([]);
    const n3 = written().tell(5, "n3", 2, "election.won").commit(6, "n1", 1, 3);
    expect(messages(n3)).toEqual([
      "n3 wins term 2 without entry 3 of term 1, which is committed; it has nothing there",
    ]);
  });

  it("asks nothing of a leader about what later terms commit", () => {
    const story = written().tell(5, "n3", 2, "election.won").append(6, "n3", 2, 3);
    expect(messages(story.commit(7, "n3", 2, 3))).toEqual([]);
  });

  it("takes a log for what a boot found in it", () => {
    const story = written().commit(4, "n1", 1, 3);
    story.tell(5, "n2", 1, "log.opened", { lastIndex: 2, terms: "0@0 1x2" });
    expect(messages(story.tell(6, "n2", 2, "election.won")).length).toBe(1);
  });

  it("does not accuse anybody of what the trace has not told", () => {
    const story = new TraceBuilder().append(1, "n1", 1, 7).commit(2, "n1", 1, 7);
    story.tell(3, "n2", 1, "log.opened", { lastIndex: 8, terms: "8@1" });
    expect(messages(story.tell(4, "n2", 2, "election.won"))).toEqual([]);
  });
});
