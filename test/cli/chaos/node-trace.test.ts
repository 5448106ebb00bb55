import { describe, expect, it } from "vitest";
import { NodeTrace } from "../../../src/cli/chaos/node-trace.ts";
import type { LogLine } from "../../../src/cli/story.ts";

function line(event: string, term: number, facts: object = {}): LogLine {
  return { event, term, seq: 1, time: 1_000_000, ...facts };
}

describe("the trace of real nodes", () => {
  // The fact was called `term` as well, and a node seemed to be in a term before its time.
  it("holds a pre-vote in the term that its node is in, beside the one that it stands for", () => {
    const trace = new NodeTrace();
    trace.add("n1", line("preVote.started", 3, { standingFor: 4 }));
    expect(trace.events).toMatchObject([
      { node: "n1", event: "preVote.started", term: 3, facts: { standingFor: 4 } },
    ]);
  });

  it("knows who leads from who takes appends, not from a first entry that is committed", () => {
    const trace = new NodeTrace();
    trace.add("n1", line("leader.noopApplied", 3, { noopIndex: 9 }));
    expect(trace.leader).toBeUndefined();
    trace.add("n1", line("leader.ready", 3, { highWatermark: 7 }));
    expect(trace.leader).toBe("n1");
    trace.add("n2", line("leader.ready", 4, { highWatermark: 7 }));
    expect(trace.leader).toBe("n2");
    trace.ended("n2");
    expect(trace.leader).toBe("n1");
  });

  it("leaves out what is no event of a node", () => {
    const trace = new NodeTrace();
    trace.add("n1", { msg: "serves clients" });
    trace.add("n1", line("no.such.event", 1));
    expect(trace.events).toEqual([]);
  });
});
