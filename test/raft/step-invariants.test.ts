import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { Effect, RaftEvent, RaftStatus } from "../../src/raft/index.ts";
import type { Step } from "../../src/raft/step.ts";
import { checkStep } from "../../src/raft/step-invariants.ts";
import { FOLLOWER, LEADER, REPAIRING, WITH_NEED, id, leaderWith } from "./support/sound-states.ts";

const at = LogIndex;
const one = Term(1);

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
    [
      "only a changed term or vote is written",
      { ...QUIET, ...effects({ type: "persistHardState", hardState: QUIET.durable }) },
    ],
    ["no message tells a term", { ...QUIET, ...effects(heartbeatResult(2, 1)) }],
    ["no vote is told before it is on disk", { ...QUIET, ...effects(send(VOTE, "n3")) }],
    ["a reply claims nothing that is not on disk", { ...QUIET, ...effects(heartbeatResult(1, 5)) }],
    ["commitIndex never goes back", { ...QUIET, after: { ...FOLLOWER, commitIndex: at(2) } }],
    ["lastApplied never goes back", { ...QUIET, after: { ...FOLLOWER, appliedIndex: at(1) } }],
    ["every new commitIndex is told", { ...QUIET, after: { ...FOLLOWER, commitIndex: at(4) } }],
    ["only a new commitIndex is told", { ...QUIET, ...effects({ type: "commit", ...id(3) }) }],
    [
      "a leader commits by an entry of its own term",
      {
        ...LEADS,
        after: { ...LEADER, commitIndex: at(4) },
        ...effects({ type: "commit", index: at(4), term: Term(0) }),
      },
    ],
    ["the log's end moves only as is told", { ...QUIET, after: { ...FOLLOWER, lastIndex: at(6) } }],
    [
      "entries are appended at the log's end",
      {
        ...QUIET,
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
      "what is told of role, term and leader is so",
      {
        ...QUIET,
        ...effects({ type: "stateChanged", role: "follower", term: one, leaderId: "n3" }),
      },
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
      "only a snapshot that comes is installed or",
      { ...QUIET, ...effects({ type: "discardSnapshot", last: id(3) }) },
    ],
    [
      "only who needs a snapshot gets one",
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
