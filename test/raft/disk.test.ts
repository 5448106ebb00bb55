import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import { append, appended, Solo, vote } from "./support/solo.ts";

function passTime(solo: Solo, durationMs: number): void {
  const untilMs = solo.nowMs + durationMs;
  while (solo.node.deadlineMs <= untilMs) {
    solo.nowMs = Math.max(solo.nowMs, solo.node.deadlineMs);
    solo.node.step({ type: "timedOut" });
  }
  solo.nowMs = untilMs;
}

describe("a disk that hangs", () => {
  it("keeps its node from campaigning until it has answered", () => {
    const solo = new Solo();
    solo.receive("n2", append(1, "n2", { terms: [1] }));
    solo.node.syncHardState();
    passTime(solo, 5_000);
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 1, leaderId: undefined });
    solo.sync();
    passTime(solo, 300);
    expect(solo.status.role).toBe("preCandidate");
  });

  it("ends a candidacy whose own vote is not on disk, and raises no more terms", () => {
    const solo = new Solo();
    solo.timeOut();
    solo.receive("n2", vote(1, { preVote: true }));
    expect(solo.status).toMatchObject({ role: "candidate", currentTerm: 1 });
    passTime(solo, 5_000);
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 1 });
  });

  it("does not let the messages that wait for it pile up", () => {
    const solo = new Solo();
    for (let count = 0; count < 1_000; count++) solo.receive("n2", append(3, "n2"));
    solo.node.syncHardState();
    expect(solo.sent().length).toBeLessThanOrEqual(64);
  });

  it("is not one that is slow: every answer gives it a whole election timeout more", () => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(1, 1));
    solo.node.apply();
    solo.node.propose(["a"]);
    for (let count = 0; count < 10; count++) {
      solo.node.propose(["b"]);
      passTime(solo, 200);
      solo.receive("n2", appended(1, 1));
      solo.node.syncLog();
    }
    expect(solo.status.role).toBe("leader");
  });
});

describe("a full disk", () => {
  it("refuses what fills it, and takes what leads to room", () => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(1, 1));
    solo.node.apply();
    solo.node.step({ type: "diskSpaceChanged", low: true });
    solo.node.propose(["a"]);
    expect(solo.status.lastIndex).toBe(1);
    solo.node.propose(["trim"], { makesRoom: true });
    expect(solo.status.lastIndex).toBe(2);
  });
});

describe("damage", () => {
  it("takes nothing back that was acknowledged, and adds nothing", () => {
    const solo = new Solo({ log: [1, 1, 1] });
    solo.receive("n2", append(1, "n2", { prev: [3, 1] }));
    solo.node.step({ type: "faultyChanged", first: LogIndex(2) });
    const [answer] = solo.receive("n2", append(1, "n2", { prev: [3, 1] }));
    expect(answer).toMatchObject({ matchIndex: 1, conflict: undefined });
  });

  it("is told to be over as soon as it is", () => {
    const solo = new Solo({ log: [1, 1, 1] });
    solo.node.step({ type: "faultyChanged", first: LogIndex(2) });
    solo.receive("n2", append(1, "n2", { prev: [3, 1] }));
    solo.node.step({ type: "faultyChanged", first: undefined });
    expect(solo.sent("n2").at(-1)).toMatchObject({ matchIndex: 3 });
  });

  it("goes with the entries that a leader's other entries replace", () => {
    const solo = new Solo({ log: [1, 1, 1] });
    solo.node.step({ type: "faultyChanged", first: LogIndex(2) });
    solo.receive("n2", append(2, "n2", { prev: [1, 1], terms: [2] }));
    expect(solo.status).toMatchObject({ lastIndex: 2, firstFaulty: undefined });
  });

  it("makes a leader step down where it is not committed and nobody gives it back", () => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.node.step({ type: "faultyChanged", first: LogIndex(1) });
    for (let count = 0; count < 8; count++) {
      solo.receive("n2", appended(1, 0));
      passTime(solo, 50);
    }
    expect(solo.status.role).toBe("follower");
  });

  it.each([
    ["of what is committed does so where another log is whole", undefined, "follower"],
    ["of what is committed does not where nobody would do better", LogIndex(1), "leader"],
  ] as const)("%s", (_name, firstFaulty, role) => {
    const solo = new Solo();
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(1, 1));
    solo.node.step({ type: "faultyChanged", first: LogIndex(1) });
    for (let count = 0; count < 8; count++) {
      solo.receive("n2", { ...appended(1, 1), firstFaulty });
      passTime(solo, 50);
    }
    expect(solo.status.role).toBe(role);
  });
});
