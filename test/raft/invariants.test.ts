import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { RaftStatus } from "../../src/raft/index.ts";
import { checkState } from "../../src/raft/invariants.ts";
import {
  CANDIDATE,
  FOLLOWER,
  IN_FLIGHT,
  IN_NEED,
  LEADER,
  PEER,
  REPAIRING,
  id,
  leaderWith,
} from "./support/sound-states.ts";

const at = LogIndex;
const one = Term(1);

describe("a state", () => {
  it.each([
    ["a follower", FOLLOWER],
    ["a candidate", CANDIDATE],
    ["a leader", LEADER],
    ["a leader that repairs its log", REPAIRING],
  ])("of %s that is sound passes", (_role, state) => {
    expect(() => checkState(state)).not.toThrow();
  });

  it.each<[string, RaftStatus]>([
    ["the commitIndex does not exceed the log", { ...FOLLOWER, commitIndex: at(6) }],
    ["nothing is durable that is not in the log", { ...FOLLOWER, durableIndex: at(6) }],
    ["only committed entries are applied", { ...FOLLOWER, appliedIndex: at(4) }],
    ["what is damaged, and all after it", { ...FOLLOWER, firstFaulty: at(4) }],
    ["only what is held can be damaged", { ...FOLLOWER, firstFaulty: at(6) }],
    ["the log begins at most one after", { ...FOLLOWER, firstIndex: at(7) }],
    ["what lies before the log is committed", { ...FOLLOWER, firstIndex: at(5) }],
    ["no entry is newer than currentTerm", { ...FOLLOWER, lastTerm: Term(2) }],
    ["the first entry follows the one before", { ...FOLLOWER, firstIndex: at(2) }],
    [
      "only a follower installs a snapshot",
      { ...CANDIDATE, installing: { ...id(9), keepSuffix: false } },
    ],
    [
      "and one of more than it has committed",
      { ...FOLLOWER, installing: { ...id(3), keepSuffix: false } },
    ],
    ["who needs a snapshot is asked about", leaderWith({ ...IN_NEED, nextIndex: at(2) })],
    ["who needs a snapshot is asked about", leaderWith({ ...IN_NEED, ...IN_FLIGHT })],
    ["a leader knows itself as leader", { ...LEADER, leaderId: "n2" }],
    ["a leader voted for itself", { ...LEADER, votedFor: "n2" }],
    ["a leader's log ends in its own term", { ...LEADER, currentTerm: Term(2) }],
    ["a leader's log ends in its own term", { ...REPAIRING, currentTerm: one }],
    ["a leader that repairs its log takes no", { ...REPAIRING, ready: true }],
    ["a leader whose log is whole repairs", { ...REPAIRING, firstFaulty: undefined }],
    ["only a leader repairs", { ...FOLLOWER, repairing: true }],
    [
      "a leader that takes appends has committed",
      { ...LEADER, commitIndex: at(0), appliedIndex: at(0) },
    ],
    ["matchIndex is below nextIndex", leaderWith({ matchIndex: at(5) })],
    ["no follower matches or is sent what", leaderWith({ nextIndex: at(7) })],
    [
      "a follower is sent nothing from before",
      { ...leaderWith({ matchIndex: at(0), nextIndex: at(1) }), prev: id(2), firstIndex: at(3) },
    ],
    ["a probe asks one thing", leaderWith({ state: "probe", inflightMessages: 2 })],
    ["what is in flight has bytes", leaderWith({ inflightMessages: 0 })],
    ["only a leader has followers", { ...FOLLOWER, peers: [PEER] }],
    ["only a leader takes appends", { ...FOLLOWER, ready: true }],
    ["only a leader counts uncommitted bytes", { ...FOLLOWER, uncommittedBytes: 1 }],
    ["nobody else takes itself for the leader", { ...FOLLOWER, leaderId: "n1" }],
    ["a candidate voted for itself", { ...CANDIDATE, votedFor: "n2" }],
    ["who campaigns follows nobody", { ...CANDIDATE, leaderId: "n2" }],
  ])("is found out when it breaks: %s", (sentence, state) => {
    expect(() => checkState(state)).toThrow(sentence);
  });
});
