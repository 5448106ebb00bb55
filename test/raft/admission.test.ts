import { describe, expect, it } from "vitest";
import { append, appended, refused, requestVote, Solo, vote } from "./support/solo.ts";

function outcast(solo: Solo, peer: string): void {
  solo.node.step({ type: "peerAdmitted", peer, admitted: false });
}

function admit(solo: Solo, peer: string): void {
  solo.node.step({ type: "peerAdmitted", peer, admitted: true });
}

describe("a peer on a disk that the cluster does not know", () => {
  it("gives no vote that counts, not even once it is admitted", () => {
    const solo = new Solo();
    outcast(solo, "n2");
    solo.timeOut();
    solo.receive("n2", vote(1, { preVote: true }));
    expect(solo.status.role).toBe("preCandidate");
    solo.node.step({ type: "peerAdmitted", peer: "n2", admitted: true });
    expect(solo.status.role).toBe("preCandidate");
  });

  it("takes its vote along when it turns out to be on another disk", () => {
    const solo = new Solo({ voters: ["n1", "n2", "n3", "n4", "n5"] });
    solo.timeOut();
    solo.receive("n2", vote(1, { preVote: true }));
    outcast(solo, "n2");
    solo.receive("n3", vote(1, { preVote: true }));
    expect(solo.status.role).toBe("preCandidate");
    solo.receive("n4", vote(1, { preVote: true }));
    expect(solo.status.role).toBe("candidate");
  });

  it("gets no vote", () => {
    const solo = new Solo();
    outcast(solo, "n2");
    expect(solo.receive("n2", requestVote(3, "n2"))).toMatchObject([{ voteGranted: false }]);
    expect(solo.status.currentTerm).toBe(0);
  });

  it("receives entries, and its copies commit nothing, not even once another is admitted", () => {
    const solo = new Solo();
    solo.lead("n2");
    outcast(solo, "n3");
    solo.sync();
    solo.receive("n3", appended(1, 1));
    expect(solo.status.commitIndex).toBe(0);
    admit(solo, "n3");
    expect(solo.status).toMatchObject({ commitIndex: 0, peers: [{}, { matchIndex: 0 }] });
    solo.receive("n3", appended(1, 1));
    expect(solo.status.commitIndex).toBe(1);
  });

  // Found by reading: the disk that the cluster knows comes back and is admitted before the stream
  // of the other one is seen to break. What that one had echoed was taken for its word.
  it("confirms no read for the disk that is admitted after it", () => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(1, 1));
    outcast(solo, "n3");
    solo.node.step({ type: "readRequested", requestId: 1 });
    solo.receive("n3", appended(1, 1, 1));
    admit(solo, "n3");
    expect(solo.effects.some(({ type }) => type === "readReady")).toBe(false);
    solo.receive("n3", appended(1, 1, 1));
    expect(solo.effects).toContainEqual({ type: "readReady", requestId: 1, index: 1 });
  });

  it("keeps no leader in office", () => {
    const solo = new Solo();
    solo.lead("n2");
    outcast(solo, "n3");
    for (let beat = 0; beat < 8 && solo.status.role === "leader"; beat++) {
      solo.receive("n3", appended(1, 0));
      solo.timeOut();
    }
    expect(solo.status.role).toBe("follower");
  });

  it("confirms no read", () => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(1, 1));
    outcast(solo, "n3");
    solo.node.step({ type: "readRequested", requestId: 1 });
    solo.receive("n3", appended(1, 1, 1));
    expect(solo.effects.some(({ type }) => type === "readReady")).toBe(false);
  });

  it("may have lost what it acknowledged: it is asked from the start again", () => {
    const solo = new Solo({ log: [1, 1, 1] });
    solo.lead("n2", "n3");
    solo.sync();
    for (const peer of ["n2", "n3"]) solo.receive(peer, appended(2, 4));
    outcast(solo, "n3");
    expect(solo.status.peers[1]).toMatchObject({ state: "probe", matchIndex: 0, nextIndex: 5 });
    solo.receive("n3", appended(2, 4));
    solo.receive("n3", refused(2, 4, 1));
    expect(solo.status.peers[1]).toMatchObject({ state: "probe", matchIndex: 0, nextIndex: 1 });
  });
});

describe("a node on a disk that its cluster does not know", () => {
  const config = { mayVote: false };

  it("never campaigns, and is never woken to", () => {
    const solo = new Solo({ config });
    expect(solo.node.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    solo.timeOut();
    expect(solo.status.role).toBe("follower");
  });

  it("never campaigns alone, either", () => {
    expect(new Solo({ config, voters: ["n1"] }).status.role).toBe("follower");
  });

  it("gives neither vote nor pre-vote", () => {
    const solo = new Solo({ config });
    for (const preVote of [true, false]) {
      const answers = solo.receive("n2", requestVote(3, "n2", {}, preVote));
      expect(answers).toMatchObject([{ voteGranted: false }]);
    }
    expect(solo.status).toMatchObject({ currentTerm: 0, votedFor: undefined });
  });

  it("follows and receives", () => {
    const solo = new Solo({ config });
    solo.receive("n2", append(1, "n2", { terms: [1, 1], commit: 2 }));
    solo.sync();
    expect(solo.sent().at(-1)).toMatchObject({ matchIndex: 2 });
    expect(solo.status).toMatchObject({ leaderId: "n2", commitIndex: 2 });
  });
});

describe("a node that is no configured voter", () => {
  it("is not listened to", () => {
    const solo = new Solo();
    expect(solo.receive("n9", requestVote(7, "n9"))).toEqual([]);
    expect(solo.receive("n9", append(7, "n9"))).toEqual([]);
    expect(solo.status.currentTerm).toBe(0);
  });

  it("cannot speak for another", () => {
    const solo = new Solo();
    expect(solo.receive("n2", requestVote(7, "n3"))).toEqual([]);
    expect(solo.receive("n2", append(7, "n3"))).toEqual([]);
    expect(solo.status.currentTerm).toBe(0);
  });
});
