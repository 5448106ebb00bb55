import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { append, appended, snapshot, Solo } from "./support/solo.ts";

/** It leads term 2, and entry 2 of its five is damaged. */
function leader(): Solo {
  const solo = new Solo({ log: [1, 1, 1, 1, 1] });
  rot(solo, 2);
  solo.lead("n2");
  return solo;
}

function rot({ node }: Solo, index: number): void {
  const entry = node.disk.synced[index - 1];
  if (entry !== undefined) node.disk.rot(entry);
  node.tellFaulty();
}

function installs(solo: Solo): readonly unknown[] {
  return solo.effects.filter(
    ({ type }) => type === "installSnapshot" || type === "discardSnapshot",
  );
}

describe("a leader that is given a snapshot for what nobody has any more", () => {
  it("leads no more, takes it for what is damaged, and keeps what follows", () => {
    const solo = leader();
    expect(solo.status).toMatchObject({ role: "leader", repairing: true });
    solo.receive("n2", snapshot(2, "n1", [3, 1]));
    const last = { index: 3, term: 1 };
    expect(installs(solo)).toEqual([{ type: "installSnapshot", last, keepSuffix: true }]);
    expect(solo.status).toMatchObject({ role: "follower", currentTerm: 2, leaderId: undefined });
    solo.sync();
    expect(solo.status).toMatchObject({ prev: last, lastIndex: 5, durableIndex: 5 });
    expect(solo.status).toMatchObject({ firstFaulty: undefined, commitIndex: 3 });
  });

  it("takes it also when the lead was lost before all of it had come", () => {
    const solo = leader();
    solo.receive("n3", append(3, "n3"));
    solo.receive("n2", snapshot(2, "n1", [3, 1]));
    expect(solo.status).toMatchObject({ installing: { index: 3 }, leaderId: "n3", currentTerm: 3 });
  });

  it("begins its term in the next one", () => {
    const solo = leader();
    solo.receive("n2", snapshot(2, "n1", [3, 1]));
    solo.sync();
    solo.lead("n2");
    expect(solo.status).toMatchObject({ role: "leader", repairing: false, lastIndex: 6 });
    solo.sync();
    solo.receive("n2", appended(3, 6));
    expect(solo.status.commitIndex).toBe(6);
  });

  it.each([
    ["covers no damage", [1, 1]],
    ["ends with another entry than it has there", [3, 2]],
    ["ends after its log, whose end may be committed", [7, 1]],
  ] as const)("discards one that %s, and leads on", (_what, last) => {
    const solo = leader();
    solo.receive("n2", snapshot(2, "n1", last));
    expect(installs(solo)).toMatchObject([{ type: "discardSnapshot" }]);
    expect(solo.status).toMatchObject({ role: "leader", repairing: true, lastIndex: 5 });
  });

  it("discards one that came to a log which was whole when it was offered", () => {
    const solo = leader();
    solo.receive("n2", { ...snapshot(2, "n1", [3, 1]), held: true });
    expect(installs(solo)).toMatchObject([{ type: "discardSnapshot" }]);
    expect(solo.status.role).toBe("leader");
  });

  it("discards a second one while the first is installed", () => {
    const solo = leader();
    solo.receive("n2", snapshot(2, "n1", [3, 1]));
    solo.receive("n3", snapshot(2, "n1", [4, 1]));
    expect(installs(solo)).toMatchObject([{ type: "discardSnapshot" }]);
    expect(solo.status.installing).toMatchObject({ index: 3 });
  });
});

describe("a leader at work whose damage goes with its prefix", () => {
  // Found by schedules once damage and trims met freely in them: what the damage had held up was
  // resumed before the followers' places were moved to where the log begins now.
  it("sends a snapshot to who is further behind", () => {
    const solo = new Solo({ log: [1, 1, 1, 1, 1] });
    solo.lead("n2");
    solo.sync();
    solo.receive("n2", appended(2, 6));
    solo.node.apply();
    rot(solo, 2);
    solo.receive("n3", appended(2, 1));
    solo.node.truncatePrefix(4);
    expect(solo.status).toMatchObject({
      role: "leader",
      prev: { index: LogIndex(4), term: Term(1) },
    });
    expect(solo.status.peers).toMatchObject([{ nextIndex: 7 }, { state: "snapshot" }]);
  });
});
