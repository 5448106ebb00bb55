import { broken } from "../common/assert.ts";
import type { PeerProgressStatus, RaftStatus } from "./status.ts";

/** What holds in every state, whatever happened before (after LogCabin's `checkBasic`). */
type StateRule = readonly [sentence: string, holds: (state: RaftStatus) => boolean];
type PeerRule = readonly [
  sentence: string,
  holds: (peer: PeerProgressStatus, leader: RaftStatus) => boolean,
];

const OF_ANY: readonly StateRule[] = [
  ["the commitIndex does not exceed the log", (s) => s.commitIndex <= s.lastIndex],
  ["nothing is durable that is not in the log", (s) => s.durableIndex <= s.lastIndex],
  [
    "what is damaged, and all after it, does not count as on disk",
    (s) => s.firstFaulty === undefined || s.durableIndex < s.firstFaulty,
  ],
  [
    "only what is held can be damaged",
    (s) => s.firstFaulty === undefined || s.firstFaulty <= s.lastIndex,
  ],
  ["only committed entries are applied", (s) => s.appliedIndex <= s.commitIndex],
  ["the log begins at most one after its last entry", (s) => s.firstIndex <= s.lastIndex + 1],
  [
    "only a follower installs a snapshot, and one of more than it has committed, or keeps the rest",
    ({ commitIndex, installing, role }) =>
      installing === undefined ||
      (role === "follower" && (installing.keepSuffix || installing.index > commitIndex)),
  ],
  ["what lies before the log is committed", (s) => s.firstIndex <= s.commitIndex + 1],
  ["no entry is newer than currentTerm", (s) => s.lastTerm <= s.currentTerm],
  ["the first entry follows the one before the log", (s) => s.firstIndex === s.prev.index + 1],
];

const OF_LEADER: readonly StateRule[] = [
  ["a leader knows itself as leader", (s) => s.leaderId === s.nodeId],
  ["a leader voted for itself", (s) => s.votedFor === s.nodeId],
  [
    "a leader's log ends in its own term, or has no no-op yet because it is repaired",
    (s) => (s.lastTerm === s.currentTerm) !== s.repairing,
  ],
  ["a leader that repairs its log takes no appends", (s) => !s.repairing || !s.ready],
  [
    "a leader whose log is whole repairs nothing",
    (s) => !s.repairing || s.firstFaulty !== undefined,
  ],
  [
    "a leader that takes appends has committed and applied its no-op",
    (s) => !s.ready || s.commitIndex > 0,
  ],
];

/** Of a leader, for each of its followers. */
const OF_PEER: readonly PeerRule[] = [
  ["matchIndex is below nextIndex", (peer) => peer.matchIndex < peer.nextIndex],
  [
    "no follower matches or is sent what the leader does not hold",
    (peer, { lastIndex }) => peer.nextIndex <= lastIndex + 1,
  ],
  [
    "a follower is sent nothing from before the leader's log",
    (peer, { firstIndex }) => peer.nextIndex >= firstIndex,
  ],
  [
    "a probe asks one thing at a time",
    ({ state, inflightMessages }) => state === "replicate" || inflightMessages <= 1,
  ],
  [
    "who needs a snapshot is asked about the log's beginning, or where it matched before damage",
    ({ state, matchIndex, nextIndex, inflightMessages }, { firstIndex }) =>
      state !== "snapshot" ||
      (nextIndex === Math.max(firstIndex, matchIndex + 1) && inflightMessages === 0),
  ],
  [
    "what is in flight has bytes, and only then",
    ({ inflightMessages, inflightBytes }) => inflightMessages > 0 === inflightBytes > 0,
  ],
];

const OF_OTHERS: readonly StateRule[] = [
  ["only a leader has followers", (s) => s.peers.length === 0],
  ["only a leader takes appends", (s) => !s.ready],
  ["only a leader repairs before its no-op", (s) => !s.repairing],
  ["only a leader counts uncommitted bytes", (s) => s.uncommittedBytes === 0],
  ["nobody else takes itself for the leader", (s) => s.leaderId !== s.nodeId],
  ["a candidate voted for itself", (s) => s.role !== "candidate" || s.votedFor === s.nodeId],
  ["who campaigns follows nobody", (s) => s.role === "follower" || s.leaderId === undefined],
];

/** @throws AssertionError with the sentence of the rule that does not hold. */
export function checkState(state: RaftStatus): void {
  checkRules(state, OF_ANY);
  if (state.role !== "leader") return checkRules(state, OF_OTHERS);
  checkRules(state, OF_LEADER);
  for (const peer of state.peers)
    for (const [sentence, holds] of OF_PEER)
      if (!holds(peer, state)) broken(`${state.nodeId}: ${sentence} (${peer.peer})`);
}

function checkRules(state: RaftStatus, rules: readonly StateRule[]): void {
  for (const [sentence, holds] of rules) if (!holds(state)) broken(`${state.nodeId}: ${sentence}`);
}
