import { describe, expect, it } from "vitest";
import {
  append,
  appended,
  refused,
  requestVote,
  Solo,
  type SoloOptions,
  vote,
} from "./support/solo.ts";
import { TestCluster } from "./support/test-cluster.ts";

/** One sentence of the paper, one test. What is tested is the core alone: `n1`. */
const FIVE = ["n1", "n2", "n3", "n4", "n5"];

function follower(options: SoloOptions = {}): Solo {
  return new Solo(options);
}

function leader(options: SoloOptions = {}): Solo {
  const solo = new Solo(options);
  solo.lead(...(options.voters ?? ["n1", "n2", "n3"]).slice(1));
  expect(solo.status.role).toBe("leader");
  solo.sent();
  return solo;
}

function candidate(options: SoloOptions = {}): Solo {
  const solo = new Solo(options);
  solo.timeOut();
  const term = solo.status.currentTerm + 1;
  for (const voter of (options.voters ?? FIVE.slice(0, 3)).slice(1))
    solo.receive(voter, vote(term, { preVote: true }));
  solo.sync();
  expect(solo.status.role).toBe("candidate");
  return solo;
}

describe("section 5.1, terms", () => {
  it.each([
    ["a leader", leader],
    ["a candidate", candidate],
    ["a follower", follower],
  ])("%s that learns of a larger term takes it and is a follower", (_role, make) => {
    const solo = make();
    solo.receive("n2", append(9, "n2"));
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 9, leaderId: "n2" });
  });

  it("a request with a stale term is rejected, and the answer tells the newer one", () => {
    const solo = follower({ log: [3] });
    expect(solo.receive("n2", append(2, "n2"))).toMatchObject([{ term: 3, matchIndex: 0 }]);
    expect(solo.receive("n2", requestVote(2, "n2", { index: 9, term: 2 }))).toMatchObject([
      { term: 3, voteGranted: false },
    ]);
    expect(solo.status).toMatchObject({ currentTerm: 3, leaderId: undefined });
  });

  it("a leader that is told of a larger term in an answer steps down", () => {
    const solo = leader();
    solo.receive("n2", { ...appended(7, 0) });
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 7 });
  });
});

describe("section 5.2, leader election", () => {
  it("servers begin as followers", () => {
    expect(follower().status).toMatchObject({ role: "follower", currentTerm: 0 });
  });

  it("a follower remains one as long as it hears from a leader", () => {
    const solo = follower({ log: [1] });
    for (let tick = 0; tick < 100; tick++) {
      solo.nowMs += 100;
      solo.receive("n2", append(1, "n2", { prev: [1, 1] }));
      if (solo.nowMs >= solo.node.deadlineMs) solo.node.step({ type: "timedOut" });
      expect(solo.status.role).toBe("follower");
    }
  });

  it("a follower that hears nothing over its election timeout wants to lead", () => {
    const solo = follower();
    solo.timeOut();
    expect(solo.status.role).toBe("preCandidate");
  });

  it("a candidate raises its term, votes for itself and asks each of the others", () => {
    const solo = follower({ log: [1, 2] });
    solo.timeOut();
    solo.receive("n2", vote(3, { preVote: true }));
    solo.sync();
    expect(solo.status).toMatchObject({ role: "candidate", currentTerm: 3, votedFor: "n1" });
    const last = { index: 2, term: 2 };
    const request = requestVote(3, "n1", last);
    expect(solo.sent()).toEqual([request, request]);
  });

  it.each([
    [3, ["n2"], "leader"],
    [5, ["n2"], "candidate"],
    [5, ["n2", "n2", "n2"], "candidate"],
    [5, ["n2", "n5"], "leader"],
  ])("of %i servers, %j and itself make it a %s", (size, voters, role) => {
    const solo = candidate({ voters: FIVE.slice(0, size) });
    for (const voter of voters) solo.receive(voter, vote(1));
    expect(solo.status.role).toBe(role);
  });

  it("each server votes for one candidate a term, first come, first served", () => {
    const solo = follower({ voters: FIVE });
    solo.receive("n2", requestVote(1, "n2"));
    solo.sync();
    expect(solo.sent()).toMatchObject([{ voteGranted: true }]);
    expect(solo.receive("n3", requestVote(1, "n3"))).toMatchObject([{ voteGranted: false }]);
    expect(solo.receive("n2", requestVote(1, "n2"))).toMatchObject([{ voteGranted: true }]);
    expect(solo.receive("n3", requestVote(2, "n3"))).toEqual([]);
    solo.sync();
    expect(solo.sent()).toMatchObject([{ term: 2, voteGranted: true }]);
  });

  it("a candidate that hears from a leader of its own term or a newer one follows it", () => {
    for (const term of [1, 2]) {
      const solo = candidate();
      solo.receive("n3", append(term, "n3"));
      expect(solo.status).toMatchObject({ role: "follower", leaderId: "n3", currentTerm: term });
    }
  });

  it("a candidate that hears from a leader of an older term goes on", () => {
    const solo = candidate({ log: [4] });
    expect(solo.receive("n3", append(4, "n3"))).toMatchObject([{ term: 5 }]);
    expect(solo.status.role).toBe("candidate");
  });

  it("a candidate that neither wins nor loses tries again in a newer term", () => {
    const solo = candidate();
    solo.receive("n2", vote(1, { voteGranted: false }));
    solo.timeOut();
    solo.receive("n2", vote(2, { preVote: true }));
    expect(solo.status).toMatchObject({ role: "candidate", currentTerm: 2, votedFor: "n1" });
  });

  it("election timeouts are spread over a fixed interval", () => {
    const timeouts = Array.from({ length: 300 }, (_, seed) => follower({ seed }).node.deadlineMs);
    expect(Math.min(...timeouts)).toBeGreaterThanOrEqual(150);
    expect(Math.max(...timeouts)).toBeLessThanOrEqual(300);
    expect(new Set(timeouts).size).toBeGreaterThan(80);
  });

  it("a leader sends heartbeats to everybody, again and again", () => {
    const solo = leader();
    solo.sync();
    for (const peer of ["n2", "n3"]) solo.receive(peer, appended(1, 1));
    for (let beat = 0; beat < 3; beat++) {
      solo.sent();
      solo.timeOut();
      const heartbeats = solo.sent().filter((m) => m.type === "AppendEntries");
      expect(heartbeats).toMatchObject([{ entries: [] }, { entries: [] }]);
      for (const peer of ["n2", "n3"]) solo.receive(peer, appended(1, 1));
    }
  });
});

describe("section 5.3, log replication", () => {
  /** A leader whose no-op, entry 1, is on every disk. */
  function settledLeader(): Solo {
    const solo = leader();
    solo.sync();
    for (const peer of ["n2", "n3"]) solo.receive(peer, appended(1, 1));
    solo.node.apply();
    solo.sent();
    return solo;
  }

  it("a leader appends a command to its log and sends it to all others in parallel", () => {
    const solo = settledLeader();
    solo.node.propose(["x"]);
    expect(solo.effects.map(({ type }) => type)).toEqual([
      "appendEntries",
      "sendEntries",
      "sendEntries",
    ]);
  });

  it("an entry is committed once a majority has it on disk", () => {
    const solo = settledLeader();
    solo.node.propose(["x"]);
    solo.sync();
    expect(solo.status.commitIndex).toBe(1);
    solo.receive("n3", appended(1, 2));
    expect(solo.status.commitIndex).toBe(2);
  });

  it("a leader tells the highest index it knows to be committed", () => {
    const solo = settledLeader();
    solo.timeOut();
    expect(solo.sent("n2")).toMatchObject([{ leaderCommit: 1 }]);
  });

  it("a follower that learns that an entry is committed applies it", () => {
    const solo = follower();
    solo.receive("n2", append(1, "n2", { terms: [1, 1], commit: 1 }));
    expect(solo.effects).toContainEqual({ type: "commit", index: 1, term: 1 });
  });

  it("a follower refuses entries whose predecessor it does not have", () => {
    const solo = follower({ log: [1, 1] });
    const [answer] = solo.receive("n2", append(2, "n2", { prev: [3, 1], terms: [2] }));
    expect(answer).toBeUndefined();
    solo.sync();
    expect(solo.sent()).toMatchObject([
      { conflict: { prevLogIndex: 3, conflictIndex: 3, conflictTerm: undefined } },
    ]);
    expect(solo.status.lastIndex).toBe(2);
  });

  it("a follower's conflicting entries are overwritten with the leader's", () => {
    const solo = follower({ log: [1, 2, 2, 2] });
    solo.receive("n2", append(3, "n2", { prev: [1, 1], terms: [3, 3] }));
    expect(solo.node.disk.entries.map(({ term }) => term)).toEqual([1, 3, 3]);
  });

  it("a new leader takes every follower's log to end where its own does", () => {
    const solo = leader({ log: [1, 1, 1] });
    expect(solo.status.peers.map(({ nextIndex }) => nextIndex)).toEqual([4, 4]);
  });

  it("a leader goes back until the logs agree, and what follows is brought in line", () => {
    const solo = leader({ log: [1, 1, 1], voters: ["n1", "n2", "n3"] });
    solo.sync();
    solo.receive("n2", refused(2, 3, 2));
    expect(solo.effects).toMatchObject([{ type: "sendEntries", prev: { index: 1, term: 1 } }]);
    solo.sync();
    solo.receive("n2", appended(2, 4));
    expect(solo.status.peers[0]).toMatchObject({ matchIndex: 4, state: "replicate" });
  });

  it("a refusal names the conflicting term and the first index of it", () => {
    const solo = follower({ log: [1, 4, 4, 4], term: 5 });
    const answers = solo.receive("n2", append(5, "n2", { prev: [4, 5] }));
    expect(answers).toMatchObject([{ conflict: { conflictTerm: 4, conflictIndex: 2 } }]);
  });

  it("a leader never overwrites its own log", () => {
    const solo = settledLeader();
    solo.receive("n2", refused(1, 1, 1, 1));
    expect(solo.status).toMatchObject({ role: "leader", lastIndex: 1 });
  });
});

describe("section 5.4.1, election restriction", () => {
  it.each([
    [[1, 1], { index: 2, term: 1 }, true, "equal"],
    [[1, 1], { index: 3, term: 1 }, true, "longer"],
    [[1, 1], { index: 1, term: 1 }, false, "shorter"],
    [[1, 1], { index: 1, term: 2 }, true, "shorter, of a newer term"],
    [[1, 2], { index: 9, term: 1 }, false, "longer, of an older term"],
    [[], { index: 0, term: 0 }, true, "empty, like the voter's"],
  ])("a voter with %j and a candidate with %j: %s (%s)", (log, last, voteGranted) => {
    const solo = follower({ log });
    solo.receive("n2", requestVote(5, "n2", last));
    solo.sync();
    expect(solo.sent()).toMatchObject([{ term: 5, voteGranted }]);
  });
});

describe("section 5.4.2, entries of earlier terms", () => {
  it("only entries of the leader's term are committed by counting copies", () => {
    const solo = leader({ log: [1, 2] });
    solo.sync();
    solo.receive("n2", appended(3, 2));
    expect(solo.status.commitIndex).toBe(0);
    solo.receive("n2", appended(3, 3));
    expect(solo.status.commitIndex).toBe(3);
  });
});

describe("section 5.5, crashes", () => {
  it("an AppendEntries that comes twice changes nothing the second time", () => {
    const solo = follower();
    const message = append(1, "n2", { terms: [1, 1], commit: 2 });
    solo.receive("n2", message);
    solo.sync();
    expect(solo.receive("n2", message)).toMatchObject([{ matchIndex: 2 }]);
    expect(solo.effects.map(({ type }) => type)).toEqual(["send"]);
  });

  it("a vote that comes twice is answered alike", () => {
    const solo = follower();
    solo.receive("n2", requestVote(1, "n2"));
    solo.sync();
    const [first] = solo.sent();
    expect(solo.receive("n2", requestVote(1, "n2"))).toEqual([first]);
  });
});

describe("section 8, client interaction", () => {
  it("a leader begins its term with a no-op", () => {
    const solo = follower();
    solo.lead("n2");
    expect(solo.status).toMatchObject({ lastIndex: 1, lastTerm: 1 });
    expect(solo.node.disk.entries).toEqual([{ term: 1, value: "noop" }]);
  });

  it("a leader that was deposed unawares answers no read", () => {
    const cluster = new TestCluster(["n1", "n2", "n3"]);
    cluster.startAll();
    const old = cluster.elect();
    const others = cluster.ids.filter((id) => id !== old.nodeId);
    for (const id of others) {
      cluster.cut(id, old.nodeId);
      cluster.cut(old.nodeId, id);
    }
    cluster.run(250);
    old.step({ type: "readRequested", requestId: 1 });
    cluster.run(1_000);
    cluster.leader()?.propose(["newer"]);
    cluster.run(100);
    expect(cluster.properties.committedValues).toContain("newer");
    expect(old.status.role).not.toBe("leader");
  });
});

describe("the thesis", () => {
  it("4.2.3: who has heard from a leader lately votes for nobody and keeps its term", () => {
    const solo = follower({ log: [1] });
    solo.receive("n2", append(1, "n2", { prev: [1, 1] }));
    solo.nowMs += 149;
    const last = { index: 9, term: 9 };
    expect(solo.receive("n3", requestVote(9, "n3", last))).toMatchObject([
      { term: 1, voteGranted: false },
    ]);
    solo.nowMs += 1;
    solo.receive("n3", requestVote(9, "n3", last));
    expect(solo.status).toMatchObject({ currentTerm: 9, votedFor: "n3" });
  });

  it("6.2: a leader steps down when no majority answers for an election timeout", () => {
    const solo = leader();
    for (let beat = 0; beat < 6; beat++) solo.timeOut();
    expect(solo.status.role).toBe("leader");
    solo.timeOut();
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 1, votedFor: "n1" });
  });

  it("6.4: a read is answered after a round that began when it was asked", () => {
    const solo = leader();
    solo.sync();
    solo.receive("n2", appended(1, 1));
    solo.node.step({ type: "readRequested", requestId: 5 });
    solo.receive("n2", appended(1, 1, 0));
    expect(solo.effects.some(({ type }) => type === "readReady")).toBe(false);
    solo.receive("n2", appended(1, 1, 1));
    expect(solo.effects).toContainEqual({ type: "readReady", requestId: 5, index: 1 });
  });

  it("9.6: a pre-vote changes neither term nor vote of the one who is asked", () => {
    const solo = follower();
    const answers = solo.receive("n2", requestVote(1, "n2", {}, true));
    expect(answers).toEqual([vote(1, { preVote: true })]);
    expect(solo.status).toMatchObject({ currentTerm: 0, votedFor: undefined });
  });

  it("9.6: who grants a pre-vote lets the other try first, for 50 ms", () => {
    const solo = follower({ log: [1] });
    solo.receive("n2", append(1, "n2", { prev: [1, 1] }));
    for (const peer of ["n2", "n3"]) solo.node.step({ type: "streamClosed", peer });
    expect(solo.node.deadlineMs).toBeLessThanOrEqual(50);
    solo.receive("n3", requestVote(2, "n3", { index: 1, term: 1 }, true));
    solo.nowMs = 49;
    solo.node.step({ type: "timedOut" });
    expect(solo.status.role).toBe("follower");
    solo.nowMs = 51;
    solo.node.step({ type: "timedOut" });
    expect(solo.status.role).toBe("preCandidate");
  });

  it("10.2.1: a leader may commit before its own disk is done", () => {
    const solo = leader();
    solo.node.answerSent();
    for (const peer of ["n2", "n3"]) solo.receive(peer, appended(1, 1));
    expect(solo.status).toMatchObject({ durableIndex: 0, commitIndex: 1 });
  });
});
