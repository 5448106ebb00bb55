import { assert } from "../common/assert.ts";
import type { LogIndex, NodeId } from "../common/brand.ts";
import { acknowledge, acknowledgeAppend, refuseOldLeader } from "./acknowledge.ts";
import { commitTo } from "./commit.ts";
import { followSender } from "./follow-sender.ts";
import { larger, next, smaller } from "./log-index.ts";
import type { AppendConflict, AppendEntries } from "./messages.ts";
import type { RaftState } from "./state.ts";
import { storeEntries } from "./store-entries.ts";

/** AppendEntries RPC, receiver (Figure 2; section 5.3). */
export function recvAppendEntries(state: RaftState, from: NodeId, message: AppendEntries): void {
  if (message.leaderId !== from) return;
  if (message.term < state.hardState.currentTerm) {
    refuseOldLeader(state, from);
    return;
  }
  const leader = followSender(state, from, message.term);
  const newRound = message.readRound > leader.readRound;
  leader.readRound = Math.max(leader.readRound, message.readRound);
  // What it says of the log is said to one that is about to go.
  if (state.installing !== undefined) return acknowledge(state, leader);
  const conflict = findConflict(state, message);
  // A refused message says nothing about what is committed here (M12).
  if (conflict !== undefined) return acknowledge(state, leader, conflict);
  const last = larger(storeEntries(state, message), verifiedByCommit(state, message));
  leader.verifiedIndex = larger(leader.verifiedIndex, last);
  // Never beyond what is verified: the rest of this log may be another leader's (M11).
  const committed = smaller(message.leaderCommit, leader.verifiedIndex);
  if (committed > state.commitIndex) commitTo(state, committed);
  if (message.entries.length === 0 || newRound) acknowledge(state, leader);
  else acknowledgeAppend(state, leader, last);
}

/** Where this log differs from the leader's at prevLogIndex; absent where it does not. */
function findConflict(
  { commitIndex, log }: RaftState,
  { prevLogIndex, prevLogTerm }: AppendEntries,
): AppendConflict | undefined {
  if (prevLogIndex < log.prev.index) return undefined;
  const term = log.termAt(prevLogIndex);
  if (term === prevLogTerm) return undefined;
  if (term === undefined)
    return { prevLogIndex, conflictTerm: undefined, conflictIndex: next(log.lastIndex) };
  assert(
    prevLogIndex > commitIndex,
    `entry ${prevLogIndex} is committed here and another one at its leader`,
  );
  const conflictIndex = larger(log.firstOfTermAt(prevLogIndex), next(commitIndex));
  return { prevLogIndex, conflictTerm: term, conflictIndex };
}

/**
 * Before the log's beginning there is nothing to compare, and no need to: it is committed, so the
 * leader has it as well (M16). Then the log agrees at least up to there.
 */
function verifiedByCommit({ log }: RaftState, { prevLogIndex }: AppendEntries): LogIndex {
  return prevLogIndex < log.prev.index ? log.prev.index : prevLogIndex;
}
