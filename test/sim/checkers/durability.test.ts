import { describe, expect, it } from "vitest";
import { durability } from "../../../src/sim/checkers/durability.ts";
import type { Fault, RunRecord } from "../../../src/sim/history.ts";
import { TraceBuilder } from "./support/trace-builder.ts";

const NODES = ["n1", "n2", "n3"] as const;

function messages(story: TraceBuilder): readonly string[] {
  const { events: trace } = story;
  const record: RunRecord = { nodes: NODES, appends: [], reads: [], logs: [], sealed: [], trace };
  return durability.violations(record).map(({ message }) => message);
}

function acknowledged(story: TraceBuilder, upTo: number, ofTerm: number): TraceBuilder {
  return story.tell(99, "n1", ofTerm, "append.acknowledged", { upTo, ofTerm });
}

describe("K15 durability", () => {
  it("counts a majority that the leader itself is not part of", () => {
    const story = new TraceBuilder();
    for (const node of NODES) story.append(1, node, 1, 1, 5);
    story.sync(2, "n2", 1, 5).sync(2, "n3", 1, 5);
    expect(messages(acknowledged(story, 5, 1))).toEqual([]);
  });

  it("counts what a sync proves of the entries before it", () => {
    const story = new TraceBuilder();
    for (const node of ["n1", "n2"]) story.append(1, node, 1, 1, 3).append(1, node, 2, 4, 9);
    story.sync(2, "n1", 2, 9).sync(2, "n2", 2, 9);
    expect(messages(acknowledged(story, 2, 1))).toEqual([]);
  });

  it("does not count the sync of an entry that was replaced under the same index", () => {
    const story = new TraceBuilder();
    story.append(1, "n1", 2, 1).sync(2, "n1", 2, 1);
    story.append(1, "n2", 1, 1).sync(2, "n2", 1, 1);
    story.tell(3, "n2", 2, "log.truncated", { from: 1 }).append(3, "n2", 2, 1);
    expect(messages(acknowledged(story, 1, 2))).toEqual([
      "n1 acknowledges up to entry 1 of term 2, which is synced on n1 only",
    ]);
  });

  it("counts what lay before a cut when the sync was under way", () => {
    const story = new TraceBuilder();
    story.append(1, "n1", 1, 1, 3).sync(2, "n1", 1, 3);
    story.append(1, "n2", 1, 1, 5).tell(2, "n2", 2, "log.truncated", { from: 4 });
    story.append(2, "n2", 2, 4).sync(3, "n2", 1, 5);
    expect(messages(acknowledged(story, 3, 1))).toEqual([]);
    expect(messages(acknowledged(story, 4, 2))).toContain(
      "n1 acknowledges up to entry 4 of term 2, which is synced on no node only",
    );
  });

  it("counts what a boot found: it was synced before the node spoke", () => {
    const story = new TraceBuilder();
    story.append(1, "n1", 1, 1, 3).sync(2, "n1", 1, 3).append(1, "n2", 1, 1, 3);
    story.tell(5, "n2", 1, "log.opened", { lastIndex: 2, terms: "0@0 1x2" });
    expect(messages(acknowledged(story, 2, 1))).toEqual([]);
    expect(messages(acknowledged(story, 3, 1)).length).toBe(1);
  });

  describe("of a follower that forgot", () => {
    const forgot = new TraceBuilder().tell(9, "n1", 2, "peer.forgot", {
      peer: "n2",
      matchIndex: 5,
    });
    const blamed = (faults: readonly Fault[]) => {
      const nothing = { appends: [], reads: [], logs: [], sealed: [] };
      return durability.violations({ ...nothing, nodes: NODES, trace: forgot.events, faults })
        .length;
    };

    it("counts it no more in that leader's term", () => {
      const story = new TraceBuilder();
      for (const node of ["n1", "n2"]) story.append(1, node, 2, 1, 3).sync(2, node, 2, 3);
      expect(messages(acknowledged(story, 3, 2))).toEqual([]);
      story.tell(9, "n1", 2, "peer.forgot", { peer: "n2", matchIndex: 5 });
      expect(messages(acknowledged(story, 3, 2))).toContain(
        "n1 acknowledges up to entry 3 of term 2, which is synced on n1 only",
      );
    });

    it("blames a leader that needs proof again in the same term", () => {
      const again = (node: "n1" | "n3", term: number) => {
        const story = new TraceBuilder().tell(9, "n1", 2, "peer.forgot", { peer: "n2" });
        story.tell(10, node, term, "peer.forgot", { peer: "n2" });
        return messages(acknowledged(story, 3, 2)).filter((message) => message.includes("again"));
      };
      expect(again("n1", 2)).toEqual(["n1 learns again in term 2 that n2 forgot: it counts still"]);
      expect(again("n1", 3)).toEqual([]);
      expect(again("n3", 2)).toEqual([]);
    });

    it("blames it for what it acknowledged, whoever else was struck", () => {
      expect(blamed([])).toBe(1);
      expect(blamed([{ kind: "bit-rot", atMs: 1, untilMs: 1, mayHalt: ["n3"] }])).toBe(1);
      expect(blamed([{ kind: "power-loss", atMs: 1, untilMs: 8, stopped: ["n2"] }])).toBe(1);
    });

    it("does not when its disk was damaged, or another one was put in its place", () => {
      expect(blamed([{ kind: "bit-rot", atMs: 1, untilMs: 1, mayHalt: ["n2"] }])).toBe(0);
      expect(blamed([{ kind: "wipe", atMs: 1, untilMs: 1, wiped: ["n2"] }])).toBe(0);
      expect(blamed([{ kind: "old-backup", atMs: 1, untilMs: 8, stopped: ["n2"] }])).toBe(0);
    });
  });
});
