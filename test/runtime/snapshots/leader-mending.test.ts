import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../../src/common/brand.ts";
import { LeaderMending } from "../../../src/runtime/snapshots/leader-mending.ts";

/** A node that follows n1 in term 4, and has let go of all up to 20. */
function bench() {
  const given: unknown[] = [];
  const raft = { currentTerm: Term(4), leaderId: "n1" as string | undefined };
  const mending = new LeaderMending({
    prevIndex: () => LogIndex(20),
    raft: () => raft,
    give: (leader) => void given.push(leader),
  });
  const ask = (from: string, index: number, times = 1) => {
    for (let i = 0; i < times; i++) mending.asked(from, LogIndex(index));
  };
  return { ask, given, raft };
}

describe("a node whose leader asks for an entry that it has let go of", () => {
  it("gives it a snapshot the third time: until then another may have the entry", () => {
    const { ask, given } = bench();
    ask("n1", 20, 2);
    expect(given).toEqual([]);
    ask("n1", 20);
    expect(given).toEqual([{ to: "n1", term: 4 }]);
  });

  it("counts again from then on, should it come to nothing", () => {
    const { ask, given } = bench();
    ask("n1", 7, 5);
    expect(given).toHaveLength(1);
    ask("n1", 7);
    expect(given).toHaveLength(2);
  });

  it("counts each entry for itself: all that are damaged are asked for at once", () => {
    const { ask, given } = bench();
    for (const index of [7, 8, 9, 7, 8, 9]) ask("n1", index);
    expect(given).toEqual([]);
    ask("n1", 7);
    expect(given).toHaveLength(1);
  });

  it("gives nothing for an entry of its own log", () => {
    const { ask, given } = bench();
    ask("n1", 21, 9);
    expect(given).toEqual([]);
  });

  it("gives nothing to who does not lead: whoever leads sends that one what it lacks", () => {
    const { ask, given, raft } = bench();
    ask("n2", 7, 9);
    raft.leaderId = undefined;
    ask("n1", 7, 9);
    expect(given).toEqual([]);
  });

  it("counts from the beginning for another leader", () => {
    const { ask, given, raft } = bench();
    ask("n1", 7, 2);
    raft.leaderId = "n3";
    ask("n3", 7, 2);
    expect(given).toEqual([]);
    ask("n3", 7);
    expect(given).toEqual([{ to: "n3", term: 4 }]);
  });
});
