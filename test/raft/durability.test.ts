import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { append, requestVote, Solo, vote } from "./support/solo.ts";

describe("a term and a vote", () => {
  it("are written as one record when both change", () => {
    const solo = new Solo();
    solo.receive("n2", requestVote(4, "n2"));
    expect(solo.effects.filter(({ type }) => type === "persistHardState")).toEqual([
      { type: "persistHardState", hardState: { currentTerm: 4, votedFor: "n2" } },
    ]);
  });

  it("are told to nobody before they are on disk", () => {
    const solo = new Solo({ log: [1] });
    expect(solo.receive("n2", append(3, "n2", { prev: [1, 1] }))).toEqual([]);
    expect(solo.receive("n2", append(3, "n2", { prev: [1, 1] }))).toEqual([]);
    solo.node.syncHardState();
    expect(solo.sent()).toMatchObject([{ term: 3 }, { term: 3 }]);
  });

  it("let go of what waited for an older record only, when that is the one on disk", () => {
    const solo = new Solo();
    solo.receive("n2", requestVote(4, "n2"));
    solo.receive("n3", requestVote(5, "n3"));
    solo.node.syncHardState();
    expect(solo.sent()).toEqual([vote(4)]);
    solo.node.syncHardState();
    expect(solo.sent()).toEqual([vote(5)]);
  });

  it("hold back a candidate's own vote, too", () => {
    const solo = new Solo({ voters: ["n1"] });
    expect(solo.status).toMatchObject({ role: "candidate", currentTerm: 1 });
    solo.node.syncHardState();
    expect(solo.status.role).toBe("leader");
  });

  it("stay when a candidate steps down in its term", () => {
    const solo = new Solo();
    solo.timeOut();
    solo.receive("n2", vote(1, { preVote: true }));
    solo.sync();
    solo.receive("n2", append(1, "n2"));
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 1, votedFor: "n1" });
  });

  it("do not hold up the writing of entries", () => {
    const solo = new Solo();
    solo.receive("n2", append(3, "n2", { terms: [3] }));
    const asked = solo.effects.map(({ type }) => type);
    expect(asked).toContain("persistHardState");
    expect(asked).toContain("appendEntries");
    solo.node.syncLog();
    expect(solo.sent()).toEqual([]);
    solo.node.syncHardState();
    expect(solo.sent().at(-1)).toMatchObject({ matchIndex: 1 });
  });

  it("begin afresh at a boot that finds the log ahead of them, and are written first", () => {
    const solo = new Solo({ log: [1, 6], term: 2, votedFor: "n3" });
    expect(solo.status).toMatchObject({ currentTerm: 6, votedFor: undefined });
    expect(solo.receive("n2", append(6, "n2", { prev: [2, 6] }))).toEqual([]);
    solo.node.syncHardState();
    expect(solo.sent()).toMatchObject([{ term: 6, matchIndex: 2 }]);
  });
});

describe("a match", () => {
  it("counts what is on disk, not what was received", () => {
    const solo = new Solo({ term: 1 });
    expect(solo.receive("n2", append(1, "n2", { terms: [1, 1] }))).toMatchObject([
      { matchIndex: 0 },
    ]);
    solo.node.syncLog();
    expect(solo.sent()).toMatchObject([{ matchIndex: 2 }]);
  });

  it("counts what this leader has verified, not what another one left on disk", () => {
    const solo = new Solo({ log: [1, 1, 1, 1] });
    expect(solo.receive("n2", append(1, "n2", { prev: [2, 1] }))).toMatchObject([
      { matchIndex: 2 },
    ]);
  });

  it("of an old leader's entries is not told to a new one that has not verified them", () => {
    const solo = new Solo({ term: 1 });
    solo.receive("n2", append(1, "n2", { terms: [1, 1] }));
    solo.receive("n3", append(2, "n3"));
    solo.sync();
    expect(solo.sent("n2")).toEqual([]);
    expect(solo.sent("n3").every((m) => !("matchIndex" in m) || m.matchIndex === 0)).toBe(true);
  });

  it("does not grow by a report of entries that were cut off meanwhile", () => {
    const solo = new Solo({ term: 1 });
    solo.receive("n2", append(1, "n2", { terms: [1] }));
    solo.receive("n3", append(2, "n3", { terms: [2] }));
    solo.node.step({ type: "entriesPersisted", last: { index: LogIndex(1), term: Term(1) } });
    expect(solo.status.durableIndex).toBe(0);
  });

  it("is told once for each sync under load, and once a heartbeat while nothing is synced", () => {
    const solo = new Solo({ term: 1 });
    const at = (index: number) =>
      append(1, "n2", { prev: [index, index === 0 ? 0 : 1], terms: [1] });
    expect(solo.receive("n2", at(0))).toHaveLength(1);
    expect(solo.receive("n2", at(1))).toHaveLength(0);
    expect(solo.receive("n2", at(2))).toHaveLength(0);
    solo.nowMs += 50;
    expect(solo.receive("n2", at(3))).toHaveLength(1);
    solo.node.syncLog();
    expect(solo.sent()).toMatchObject([{ matchIndex: 1 }]);
  });
});

describe("an old AppendEntries", () => {
  it("does not cut off what has been matched after it (M14)", () => {
    const solo = new Solo({ term: 1 });
    const early = append(1, "n2", { terms: [1] });
    solo.receive("n2", append(1, "n2", { terms: [1, 1, 1] }));
    solo.receive("n2", early);
    expect(solo.status.lastIndex).toBe(3);
  });

  it("does not raise commitIndex beyond what its leader verified (M11)", () => {
    const solo = new Solo({ log: [1, 1, 2] });
    solo.receive("n2", append(3, "n2", { prev: [1, 1], commit: 9 }));
    expect(solo.status.commitIndex).toBe(1);
  });

  it("does not raise commitIndex when it is refused (M12)", () => {
    const solo = new Solo({ log: [1, 1] });
    solo.receive("n2", append(3, "n2", { prev: [2, 3], commit: 2 }));
    expect(solo.status.commitIndex).toBe(0);
  });

  it("stops the node when it contradicts a committed entry", () => {
    const solo = new Solo({ log: [1, 1] });
    solo.receive("n2", append(1, "n2", { prev: [2, 1], commit: 2 }));
    const other = append(3, "n3", { prev: [1, 1], terms: [3] });
    expect(() => solo.receive("n3", other)).toThrow("entry 2 is committed here");
  });

  it("stops the node when a term has two leaders", () => {
    const solo = new Solo({ term: 1 });
    solo.receive("n2", append(1, "n2"));
    expect(() => solo.receive("n3", append(1, "n3"))).toThrow("two leaders, n2 and n3");
  });
});
