import { LogIndex, Term } from "../../../src/common/brand.ts";
import type { EntryId, PeerProgressStatus, RaftStatus } from "../../../src/raft/index.ts";

const at = LogIndex;
const one = Term(1);

/** The entry at `index`, of term 1. */
export function id(index: number): EntryId {
  return { index: at(index), term: one };
}

export const FOLLOWER: RaftStatus = {
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

export const PEER: PeerProgressStatus = {
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

export const LEADER: RaftStatus = {
  ...FOLLOWER,
  role: "leader",
  votedFor: "n1",
  leaderId: "n1",
  ready: true,
  uncommittedBytes: 10,
  peers: [PEER],
};

/** It has won its election and waits for entry 5 to be whole. */
export const REPAIRING: RaftStatus = {
  ...LEADER,
  ...{ currentTerm: Term(2), firstFaulty: at(5), repairing: true, ready: false },
  uncommittedBytes: 0,
};

export const IN_FLIGHT = { inflightMessages: 1, inflightBytes: 10 };

/** It lacks what lies before a log that begins with entry 1: no state that can be. */
export const IN_NEED = {
  ...PEER,
  state: "snapshot" as const,
  ...{ matchIndex: at(0), nextIndex: at(1), inflightMessages: 0, inflightBytes: 0 },
};

export const leaderWith = (peer: Partial<PeerProgressStatus>) => ({
  ...LEADER,
  peers: [{ ...PEER, ...peer }],
});
export const WITH_NEED = leaderWith(IN_NEED);
export const CANDIDATE = {
  ...FOLLOWER,
  role: "candidate",
  votedFor: "n1",
  leaderId: undefined,
} as const;
