import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { EntryId, Message } from "../../src/raft/index.ts";
import { append, appended, refused, requestVote, snapshot, Solo, vote } from "./support/solo.ts";

const at = LogIndex;

function id(index: number, term: number): EntryId {
  return { index: at(index), term: Term(term) };
}

/** What the core asked for in the last step, deadlines and traces aside. */
function asked(solo: Solo): readonly string[] {
  const aside = new Set(["setDeadline", "trace", "send", "stateChanged"]);
  return solo.effects.map(({ type }) => type).filter((type) => !aside.has(type));
}

function matches(messages: readonly Message[]): readonly unknown[] {
  return messages.map((message) => message.type === "AppendEntriesResult" && message.matchIndex);
}

/** It follows n2 in term 3, and its log is that of an earlier leader. */
function follower(log: readonly number[], prev?: number): Solo {
  const solo = new Solo({ log, term: 3, ...(prev === undefined ? {} : { prev }) });
  solo.receive("n2", append(3, "n2"));
  solo.sync();
  return solo;
}

/** It follows n2 in term 3 and has been given a snapshot up to 7@2. */
function installing(log: readonly number[] = [1]): Solo {
  const solo = follower(log);
  solo.receive("n2", snapshot(3, "n2", [7, 2]));
  return solo;
}

describe("a boot", () => {
  it("counts what the newest checkpoint covers as committed and applied", () => {
    const solo = new Solo({ log: [1, 1, 1, 1], prev: 3 });
    expect(solo.status).toMatchObject({ prev: id(3, 1), firstIndex: 4, lastIndex: 4 });
    expect(solo.status).toMatchObject({ commitIndex: 3, appliedIndex: 3 });
  });

  it("refuses a checkpoint of more than the log holds", () => {
    const solo = new Solo({ log: [1, 1] });
    solo.node.disk.checkpoint = at(3);
    const { node } = solo;
    expect(() => node.restarted().start()).toThrow("covers no more than the log");
  });
});

describe("a snapshot that comes", () => {
  it("takes the log's place, and is acknowledged when it is on disk, not before", () => {
    const solo = follower([1]);
    expect(solo.receive("n2", snapshot(3, "n2", [7, 2]))).toEqual([]);
    expect(asked(solo)).toEqual(["installSnapshot"]);
    expect(solo.status).toMatchObject({ lastIndex: 1, commitIndex: 0, installing: id(7, 2) });
    solo.sync();
    expect(matches(solo.sent("n2"))).toEqual([7]);
    expect(solo.status).toMatchObject({ prev: id(7, 2), lastIndex: 7, lastTerm: 2 });
    expect(solo.status).toMatchObject({ commitIndex: 7, appliedIndex: 7, durableIndex: 7 });
    expect(solo.status.installing).toBeUndefined();
  });

  it("takes the place of other entries, also where they reach further (M18)", () => {
    const solo = follower([1, 1, 1, 1, 1, 1, 1, 1, 1]);
    solo.receive("n2", snapshot(3, "n2", [7, 2]));
    solo.sync();
    expect(solo.status).toMatchObject({ prev: id(7, 2), lastIndex: 7 });
  });

  it("is discarded where its last entry is held, and tells that all up to it is committed", () => {
    const solo = follower([1, 1, 2, 2, 2]);
    expect(matches(solo.receive("n2", snapshot(3, "n2", [4, 2])))).toEqual([4]);
    expect(asked(solo)).toEqual(["discardSnapshot", "commit"]);
    expect(solo.status).toMatchObject({ lastIndex: 5, commitIndex: 4 });
  });

  it("cuts nothing from a newer log (M19)", () => {
    const solo = follower([1, 1, 2, 2, 2], 3);
    expect(matches(solo.receive("n2", snapshot(3, "n2", [2, 1])))).toEqual([3]);
    expect(asked(solo)).toEqual(["discardSnapshot"]);
    expect(matches(solo.receive("n2", snapshot(3, "n2", [3, 2])))).toEqual([3]);
    expect(solo.status).toMatchObject({ prev: id(3, 2), lastIndex: 5, commitIndex: 3 });
  });

  it("of an older term is discarded, and its sender told the newer one", () => {
    const solo = follower([1]);
    expect(solo.receive("n3", snapshot(2, "n3", [7, 2]))).toMatchObject([{ term: 3 }]);
    expect(asked(solo)).toEqual(["discardSnapshot"]);
  });

  it("of a newer term is followed like any other word of its leader", () => {
    const solo = follower([1]);
    solo.receive("n3", snapshot(5, "n3", [7, 4]));
    expect(solo.status).toMatchObject({ currentTerm: 5, leaderId: "n3" });
    solo.node.syncLog();
    expect(solo.sent()).toEqual([]);
    solo.node.syncHardState();
    expect(matches(solo.sent("n3"))).toEqual([7]);
  });

  it("ends a candidacy", () => {
    const solo = new Solo();
    solo.timeOut();
    solo.receive("n2", vote(1, { preVote: true }));
    solo.receive("n2", snapshot(1, "n2", [7, 1]));
    expect(solo.status).toMatchObject({ role: "follower", leaderId: "n2", installing: id(7, 1) });
  });

  it("in the name of another node, or from a stranger, is discarded", () => {
    const solo = follower([1]);
    for (const from of ["n3", "n9"]) {
      expect(solo.receive(from, snapshot(3, from === "n3" ? "n2" : from, [7, 2]))).toEqual([]);
      expect(asked(solo)).toEqual(["discardSnapshot"]);
    }
  });

  it("contradicting what is committed stops the node", () => {
    const solo = follower([1, 1, 2, 2], 3);
    expect(() => solo.receive("n2", snapshot(3, "n2", [3, 1]))).toThrow("is committed here");
  });
});

describe("while a snapshot is installed", () => {
  it("a second one is discarded, and contact is answered (M21)", () => {
    const solo = installing();
    expect(matches(solo.receive("n2", snapshot(3, "n2", [9, 3])))).toEqual([0]);
    expect(asked(solo)).toEqual(["discardSnapshot"]);
    solo.sync();
    expect(solo.status).toMatchObject({ prev: id(7, 2) });
    solo.receive("n2", snapshot(3, "n2", [9, 3]));
    solo.sync();
    expect(solo.status).toMatchObject({ prev: id(9, 3), commitIndex: 9 });
  });

  it("entries are neither taken nor acknowledged, and reads are confirmed all the same", () => {
    const solo = installing();
    const answer = solo.receive("n2", append(3, "n2", { prev: [1, 1], terms: [3], round: 4 }));
    expect(answer).toMatchObject([{ matchIndex: 0, conflict: undefined, readRound: 4 }]);
    expect(asked(solo)).toEqual([]);
    solo.sync();
    expect(solo.status).toMatchObject({ prev: id(7, 2), lastIndex: 7 });
  });

  it("a newer leader is followed, and told what is on disk then", () => {
    const solo = installing();
    solo.receive("n3", append(4, "n3", { prev: [9, 3] }));
    solo.sync();
    expect(matches(solo.sent("n3"))).toEqual([0, 7]);
    expect(solo.sent("n2")).toEqual([]);
  });

  it("nobody is told of the end when there is no leader any more", () => {
    const solo = installing();
    solo.node.step({ type: "streamClosed", peer: "n2" });
    solo.nowMs += 1_000;
    expect(solo.receive("n3", requestVote(4, "n3", { index: 9, term: 3 }))).toEqual([]);
    solo.sync();
    expect(solo.sent()).toEqual([vote(4)]);
    expect(solo.status).toMatchObject({ commitIndex: 7, leaderId: undefined });
  });

  it("nobody stands for election", () => {
    const solo = installing();
    for (let tries = 0; tries < 5; tries++) {
      solo.nowMs += 1_000;
      solo.node.step({ type: "timedOut" });
    }
    expect(solo.status.role).toBe("follower");
    solo.sync();
    solo.timeOut();
    expect(solo.status.role).toBe("preCandidate");
  });

  it("reports of entries that go mean nothing", () => {
    const solo = follower([1]);
    solo.receive("n2", append(3, "n2", { prev: [1, 1], terms: [2, 2] }));
    solo.receive("n2", snapshot(3, "n2", [7, 2]));
    solo.sync();
    solo.node.step({ type: "entriesPersisted", last: id(3, 2) });
    solo.node.step({ type: "entriesPersisted", last: id(9, 2) });
    solo.node.step({ type: "prefixTruncated", last: id(2, 2) });
    solo.node.step({ type: "applied", index: at(1) });
    expect(solo.status).toMatchObject({ durableIndex: 7, appliedIndex: 7, prev: id(7, 2) });
  });

  it("damage that goes with the log is no damage any more, whenever it is told", () => {
    const solo = follower([1, 1, 1]);
    solo.node.step({ type: "faultyChanged", first: at(2) });
    solo.receive("n2", snapshot(3, "n2", [7, 2]));
    solo.sync();
    solo.node.step({ type: "faultyChanged", first: at(3) });
    expect(solo.status).toMatchObject({ firstFaulty: undefined, durableIndex: 7 });
  });
});

describe("a log that begins after a snapshot", () => {
  it("is verified from the entry where the snapshot ends (M17)", () => {
    const solo = follower([2, 2, 2], 3);
    const answer = solo.receive("n2", append(3, "n2", { prev: [3, 2], terms: [3], commit: 4 }));
    expect(answer).toEqual([]);
    solo.sync();
    expect(matches(solo.sent())).toEqual([4]);
    expect(solo.status).toMatchObject({ lastIndex: 4, commitIndex: 4 });
  });

  it("takes no prevLogIndex that it has let go of for one it lacks (M16)", () => {
    const solo = follower([2, 2, 2, 2], 3);
    const from = { prev: [1, 2], terms: [2, 2, 2, 3], commit: 5 } as const;
    solo.receive("n2", append(3, "n2", from));
    expect(solo.effects).toContainEqual(
      expect.objectContaining({ type: "appendEntries", first: 5 }),
    );
    solo.sync();
    expect(matches(solo.sent())).toEqual([5]);
    expect(solo.status).toMatchObject({ lastIndex: 5, commitIndex: 5 });
  });

  it("tells a leader that asks about what is gone where to go on", () => {
    const solo = follower([2, 2, 2, 2], 3);
    expect(matches(solo.receive("n2", append(3, "n2", { prev: [1, 2] })))).toEqual([3]);
  });

  it("takes term 0 for no entry's term (M16)", () => {
    const solo = follower([2, 2, 2], 3);
    expect(solo.receive("n2", append(3, "n2", { prev: [9, 0], terms: [3] }))).toMatchObject([
      { conflict: { prevLogIndex: 9, conflictIndex: 4 } },
    ]);
  });

  it("is never let go of further than it is committed (M22)", () => {
    const solo = follower([1, 1, 1]);
    expect(() => solo.node.step({ type: "prefixTruncated", last: id(2, 1) })).toThrow(
      "only what is committed may go",
    );
  });
});

/** It leads term 4, its log begins after entry 3, and entry 5 is its no-op. */
function leader(): Solo {
  const solo = new Solo({ log: [1, 1, 3, 3], prev: 3 });
  solo.lead("n2", "n3");
  solo.sync();
  solo.receive("n3", appended(4, 5));
  return solo;
}

function progress(solo: Solo, peer: string): readonly unknown[] {
  const known = solo.status.peers.find((follower) => follower.peer === peer);
  return [known?.state, known?.matchIndex, known?.nextIndex];
}

describe("a leader whose log has lost its prefix", () => {
  it("sends a snapshot to who has less, and no entries", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    expect(asked(solo)).toEqual(["sendSnapshot"]);
    expect(progress(solo, "n2")).toEqual(["snapshot", 0, 4]);
  });

  it("asks once more where both may agree on the last entry that it let go of", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 1, 3));
    expect(asked(solo)).toEqual(["sendEntries"]);
    expect(progress(solo, "n2")).toEqual(["probe", 0, 4]);
  });

  it("sends a snapshot to who has another entry there", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2, 2));
    expect(progress(solo, "n2")).toEqual(["snapshot", 0, 4]);
  });

  it("asks about the entry before its log meanwhile, and hears from a follower by it", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    for (let round = 0; round < 10; round++) {
      solo.sent();
      solo.timeOut();
      expect(solo.sent("n2")).toMatchObject([{ prevLogIndex: 3, prevLogTerm: 3, entries: [] }]);
      solo.receive("n2", refused(4, 3, 2));
    }
    expect(solo.status.role).toBe("leader");
    expect(progress(solo, "n2")).toEqual(["snapshot", 0, 4]);
  });

  it("serves the follower again whatever brought it to where the log begins", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    solo.receive("n2", appended(4, 3));
    expect(asked(solo)).toEqual(["sendEntries"]);
    solo.node.answerSent();
    solo.node.answerTransfer(false);
    expect(progress(solo, "n2")).toEqual(["replicate", 3, 6]);
  });

  it("asks for a transfer once, and again only with the heartbeat after it failed", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    solo.timeOut();
    expect(asked(solo)).not.toContain("sendSnapshot");
    solo.node.answerTransfer(false);
    expect(asked(solo)).not.toContain("sendSnapshot");
    solo.receive("n2", refused(4, 3, 2));
    expect(asked(solo)).not.toContain("sendSnapshot");
    solo.timeOut();
    expect(asked(solo)).toContain("sendSnapshot");
  });

  it("sends none to a follower that is not there", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    for (let round = 0; round < 10; round++) {
      solo.timeOut();
      solo.receive("n3", appended(4, 5));
    }
    solo.node.answerTransfer(false);
    solo.timeOut();
    expect(asked(solo)).not.toContain("sendSnapshot");
    solo.receive("n2", refused(4, 3, 2));
    expect(asked(solo)).toContain("sendSnapshot");
  });

  it("sends one to a non-voter, too, which is not counted", () => {
    const solo = new Solo({ log: [1, 1, 3, 3], prev: 3 });
    solo.lead("n2", "n3");
    solo.sync();
    solo.node.step({ type: "peerAdmitted", peer: "n2", admitted: false });
    solo.timeOut();
    solo.receive("n2", refused(4, 5, 1));
    expect(asked(solo)).toEqual(["sendSnapshot"]);
    solo.receive("n2", appended(4, 5));
    expect(solo.status.commitIndex).toBe(3);
  });

  it("hears nothing of transfers that an earlier leadership began", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 2));
    solo.receive("n3", append(5, "n3", { prev: [5, 4] }));
    solo.sync();
    expect(solo.status.role).toBe("follower");
    solo.lead("n2", "n3");
    solo.receive("n2", refused(6, 5, 2));
    expect(asked(solo)).toEqual(["sendSnapshot"]);
    solo.node.step({ type: "snapshotSent", to: "n2", term: Term(4), last: id(3, 3) });
    expect(progress(solo, "n2")).toEqual(["snapshot", 0, 4]);
    solo.timeOut();
    expect(asked(solo)).not.toContain("sendSnapshot");
  });

  it("moves a follower that it cannot serve any more over to a snapshot", () => {
    const solo = leader();
    solo.receive("n2", refused(4, 4, 1, 3));
    solo.node.answerSent();
    solo.node.truncatePrefix(5);
    expect(asked(solo)).toEqual(["sendSnapshot"]);
    expect(progress(solo, "n2")).toEqual(["snapshot", 0, 6]);
    expect(progress(solo, "n3")).toEqual(["replicate", 5, 6]);
  });

  it("repairs nothing that went with the prefix, and begins its term", () => {
    const solo = new Solo({ log: [1, 1, 1, 1], prev: 2 });
    solo.node.disk.checkpoint = at(4);
    const node = solo.node.restarted();
    const entry = node.disk.synced[2];
    if (entry !== undefined) node.disk.rot(entry);
    solo.node = node;
    node.start();
    solo.lead("n2", "n3");
    expect(solo.status).toMatchObject({ role: "leader", repairing: true, lastIndex: 4 });
    node.truncatePrefix(4);
    expect(solo.status).toMatchObject({ repairing: false, prev: id(4, 1), lastIndex: 5 });
  });

  it("does not cut what a checkpoint covers, whoever denies it", () => {
    const solo = new Solo({ log: [1, 1, 1, 1] });
    const node = solo.node.restarted();
    node.disk.checkpoint = at(4);
    const entry = node.disk.synced[2];
    if (entry !== undefined) node.disk.rot(entry);
    solo.node = node;
    node.start();
    solo.lead("n2", "n3");
    for (const peer of ["n2", "n3"])
      node.step({ type: "entryMissing", peer, term: Term(2), entry: id(3, 1) });
    expect(solo.status).toMatchObject({ repairing: true, lastIndex: 4, firstFaulty: 3 });
  });
});
