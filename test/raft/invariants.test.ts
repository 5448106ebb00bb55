import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import {
  type Effect,
  type EntryId,
  InvariantChecker,
  type PeerProgressStatus,
  type RaftEvent,
  type RaftStatus,
} from "../../src/raft/index.ts";
import { checkState } from "../../src/raft/invariants.ts";
import type { Step } from "../../src/raft/step.ts";
import { checkStep } from "../../src/raft/step-invariants.ts";

const at = LogIndex;
const one = Term(1);

/** The entry at `index`, of term 1. */
function id(index: number): EntryId {
  return { index: at(index), term: one };
}

const FOLLOWER: RaftStatus = {
  nodeId: "n1",
  role: "follower",
  currentTerm: one,
  votedFor: "n2",
  leaderId: "n2",
  prev: { index: at(0), term: Term(0) },
  firstIndex: at(1),
  lastIndex: at(5),
  lastTerm: one,
  durableIndex: at(4),
  firstFaulty: undefined,
  commitIndex: at(3),
  appliedIndex: at(2),
  installing: undefined,
  uncommittedBytes: 0,
  ready: false,
  repairing: false,
  peers: [],
};

const PEER: PeerProgressStatus = {
  peer: "n2",
  state: "replicate",
  matchIndex: at(3),
  nextIndex: at(5),
  inflightMessages: 1,
  inflightBytes: 10,
  lastContactMs: 0,
  admitted: true,
  diskLow: false,
};

const LEADER: RaftStatus = {
  ...FOLLOWER,
  role: "leader",
  votedFor: "n1",
  leaderId: "n1",
  ready: true,
  uncommittedBytes: 10,
  peers: [PEER],
};

/** It has won its election and waits for entry 5 to be whole. */
const REPAIRING: RaftStatus = {
  ...LEADER,
  ...{ currentTerm: Term(2), firstFaulty: at(5), repairing: true, ready: false },
  uncommittedBytes: 0,
};

const IN_FLIGHT = { inflightMessages: 1, inflightBytes: 10 };

/** It lacks what lies before a log that begins with entry 1: no state that can be. */
const IN_NEED = {
  ...PEER,
  state: "snapshot" as const,
  ...{ matchIndex: at(0), nextIndex: at(1), inflightMessages: 0, inflightBytes: 0 },
};

const leaderWith = (peer: Partial<PeerProgressStatus>) => ({
  ...LEADER,
  peers: [{ ...PEER, ...peer }],
});
const WITH_NEED = leaderWith(IN_NEED);
const CANDIDATE = { ...FOLLOWER, role: "candidate", votedFor: "n1", leaderId: undefined } as const;

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

const QUIET: Step = {
  before: FOLLOWER,
  after: FOLLOWER,
  event: { type: "timedOut" },
  effects: [],
  durable: { currentTerm: one, votedFor: "n2" },
};

const REPAIRS: Step = { ...QUIET, before: REPAIRING, after: REPAIRING };

const LEADS: Step = { ...QUIET, before: LEADER, after: LEADER };

function effects(...list: readonly Effect[]): Pick<Step, "effects"> {
  return { effects: list };
}

function send(message: Extract<Effect, { type: "send" }>["message"], to = "n3"): Effect {
  return { type: "send", to, message };
}

function heartbeatResult(term: number, matchIndex: number): Effect {
  const result = {
    ...{ conflict: undefined, readRound: 0, diskLow: false },
    matchIndex: at(matchIndex),
  };
  return send({ type: "AppendEntriesResult", term: Term(term), ...result });
}

const VOTE = { type: "RequestVoteResult", term: one, voteGranted: true, preVote: false } as const;

/** Its prevLogIndex is beyond what is committed. */
const HEARTBEAT: Effect = send({
  ...{ type: "AppendEntries", term: Term(2), leaderId: "n1", entries: [], readRound: 0 },
  ...{ prevLogIndex: at(4), prevLogTerm: one, leaderCommit: at(3) },
});

const SEND_ENTRIES: Effect = {
  type: "sendEntries",
  to: "n2",
  term: one,
  prev: { index: at(1), term: one },
  maxBytes: 1,
  leaderCommit: at(0),
  readRound: 0,
};

const INSTALLING: RaftStatus = { ...FOLLOWER, installing: { ...id(9), keepSuffix: false } };

/** A log of which the first `count` entries went. */
function trimmed(count: number): RaftStatus {
  return { ...FOLLOWER, prev: id(count), firstIndex: at(count + 1) };
}

function prefixTruncated(index: number): { readonly event: RaftEvent } {
  return { event: { type: "prefixTruncated", last: id(index) } };
}

/** A snapshot up to entry 3, which is committed here, comes. */
function comes(...list: readonly Effect[]): Step {
  const message = { type: "InstallSnapshot", term: one, leaderId: "n2", last: id(3) } as const;
  return { ...QUIET, event: { type: "received", from: "n2", message }, effects: list };
}

const INSTALL = { type: "installSnapshot", keepSuffix: false } as const;

describe("a step", () => {
  it("that does nothing passes", () => {
    expect(() => checkStep(QUIET)).not.toThrow();
    expect(() => checkStep(LEADS)).not.toThrow();
  });

  it.each<[string, Step]>([
    ["currentTerm never goes back", { ...QUIET, after: { ...FOLLOWER, currentTerm: Term(0) } }],
    ["a vote once given stays", { ...QUIET, after: { ...FOLLOWER, votedFor: undefined } }],
    [
      "a changed term or vote is written",
      { ...QUIET, after: { ...FOLLOWER, currentTerm: Term(2), votedFor: undefined } },
    ],
    ["no message tells a term", { ...QUIET, ...effects(heartbeatResult(2, 1)) }],
    ["no vote is told before it is on disk", { ...QUIET, ...effects(send(VOTE, "n3")) }],
    ["a reply claims nothing that is not on disk", { ...QUIET, ...effects(heartbeatResult(1, 5)) }],
    ["commitIndex never goes back", { ...QUIET, after: { ...FOLLOWER, commitIndex: at(2) } }],
    ["lastApplied never goes back", { ...QUIET, after: { ...FOLLOWER, appliedIndex: at(1) } }],
    ["every new commitIndex is told", { ...QUIET, after: { ...FOLLOWER, commitIndex: at(4) } }],
    [
      "a leader commits by an entry of its own term",
      {
        ...LEADS,
        after: { ...LEADER, commitIndex: at(4) },
        ...effects({ type: "commit", index: at(4), term: Term(0) }),
      },
    ],
    [
      "entries are appended at the log's end",
      {
        ...QUIET,
        after: { ...FOLLOWER, lastIndex: at(7) },
        ...effects({
          type: "appendEntries",
          first: at(7),
          last: { index: at(7), term: one },
          source: "leader",
        }),
      },
    ],
    [
      "no committed entry is cut off",
      {
        ...QUIET,
        after: { ...FOLLOWER, lastIndex: at(2), durableIndex: at(2) },
        ...effects({ type: "truncateSuffix", from: at(3) }),
      },
    ],
    [
      "a leader cuts its log only where a majority denies",
      {
        ...LEADS,
        after: { ...LEADER, lastIndex: at(4) },
        ...effects({ type: "truncateSuffix", from: at(5) }),
      },
    ],
    ["a leader that repairs neither appends", { ...REPAIRS, ...effects(SEND_ENTRIES) }],
    [
      "a leader begins its term on a whole log",
      {
        ...LEADS,
        before: { ...LEADER, firstFaulty: at(5) },
        after: { ...LEADER, firstFaulty: at(5), lastIndex: at(6) },
        ...effects({
          ...{ type: "appendEntries", first: at(6), source: "noop" },
          last: { index: at(6), term: one },
        }),
      },
    ],
    [
      "a leader that repairs verifies nothing",
      { ...REPAIRS, durable: { currentTerm: Term(2), votedFor: "n1" }, ...effects(HEARTBEAT) },
    ],
    [
      "nothing damaged is sent",
      {
        ...LEADS,
        after: { ...LEADER, durableIndex: at(1), firstFaulty: at(2) },
        event: { type: "faultyChanged", first: at(2) },
        ...effects(SEND_ENTRIES),
      },
    ],
    ["entries become less durable only", { ...QUIET, after: { ...FOLLOWER, durableIndex: at(3) } }],
    [
      "an admitted follower's matchIndex never goes back",
      { ...LEADS, after: leaderWith({ matchIndex: at(2) }) },
    ],
    [
      "a change of role, term or leader is told",
      { ...QUIET, after: { ...FOLLOWER, leaderId: "n3" } },
    ],
    [
      "the log's beginning never goes back",
      { ...QUIET, before: trimmed(2), after: trimmed(1), ...prefixTruncated(1) },
    ],
    ["the log's beginning moves only where it is told", { ...QUIET, after: trimmed(1) }],
    [
      "the log's beginning moves only where it is told",
      { ...QUIET, after: trimmed(2), ...prefixTruncated(1) },
    ],
    [
      "only what is committed goes from the log",
      {
        ...QUIET,
        after: { ...trimmed(4), commitIndex: at(4) },
        ...prefixTruncated(4),
        ...effects({ type: "commit", ...id(4) }),
      },
    ],
    [
      "while a snapshot is installed, nothing is",
      {
        ...QUIET,
        before: INSTALLING,
        after: { ...INSTALLING, commitIndex: at(4) },
        ...effects({ type: "commit", ...id(4) }),
      },
    ],
    ["a snapshot is installed only over what", comes({ ...INSTALL, last: id(3) })],
    ["a snapshot is installed only over what", comes({ ...INSTALL, last: id(9) })],
    [
      "an installed snapshot is all of the log",
      { ...QUIET, before: INSTALLING, ...{ event: { type: "snapshotInstalled", last: id(9) } } },
    ],
    ["an installed snapshot is all of the log", { ...QUIET, before: INSTALLING }],
    ["every snapshot that comes is installed or", comes()],
    [
      "who needs a snapshot is sent no entries",
      { ...LEADS, ...effects({ type: "sendSnapshot", to: "n2", term: one }) },
    ],
    [
      "who needs a snapshot is sent no entries",
      { ...LEADS, before: WITH_NEED, after: WITH_NEED, ...effects(SEND_ENTRIES) },
    ],
    ["one sendEntries goes to a follower", { ...LEADS, ...effects(SEND_ENTRIES, SEND_ENTRIES) }],
  ])("is found out when it breaks: %s", (sentence, step) => {
    expect(() => checkStep(step)).toThrow(sentence);
  });
});

describe("a read", () => {
  const read = { type: "readRequested", requestId: 7 } as const;
  const ready: Effect = { type: "readReady", requestId: 7, index: at(3) };

  it("that is answered once passes", () => {
    const checker = new InvariantChecker(LEADER);
    checker.stepped(read, [], LEADER);
    expect(() => checker.stepped({ type: "timedOut" }, [ready], LEADER)).not.toThrow();
  });

  it("that is answered twice is found out", () => {
    const checker = new InvariantChecker(LEADER);
    expect(() => checker.stepped(read, [ready, ready], LEADER)).toThrow("answered once");
  });

  it("that is left behind when nobody leads is found out", () => {
    const checker = new InvariantChecker(FOLLOWER);
    checker.stepped(read, [], FOLLOWER);
    const after = { ...FOLLOWER, role: "preCandidate", leaderId: undefined } as const;
    const told: Effect = {
      type: "stateChanged",
      role: "preCandidate",
      term: one,
      leaderId: undefined,
    };
    expect(() => checker.stepped({ type: "timedOut" }, [told], after)).toThrow("waits for nobody");
  });
});

describe("a transfer", () => {
  const sent: Effect = { type: "sendSnapshot", to: "n2", term: one };
  const prev = { prev: id(1), firstIndex: at(2) };
  const leader = { ...leaderWith({ ...IN_NEED, nextIndex: at(2) }), ...prev };

  it("that ends before the next one begins passes", () => {
    const checker = new InvariantChecker(leader);
    checker.stepped({ type: "timedOut" }, [sent], leader);
    const ended = { type: "snapshotSent", to: "n2", term: one, last: undefined } as const;
    expect(() => checker.stepped(ended, [sent], leader)).not.toThrow();
  });

  it("that is asked for a second time is found out", () => {
    const checker = new InvariantChecker(leader);
    checker.stepped({ type: "timedOut" }, [sent], leader);
    expect(() => checker.stepped({ type: "timedOut" }, [sent], leader)).toThrow("at a time");
  });
});
