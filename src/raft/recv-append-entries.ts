import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { acknowledge, acknowledgeAppend, refuseOldLeader } from "./acknowledge.ts";
import { commitTo } from "./commit.ts";
import { randomElectionDeadlineMs } from "./deadline.ts";
import { larger, next, smaller } from "./log-index.ts";
import type { AppendConflict, AppendEntries } from "./messages.ts";
import type { FollowedLeader, RaftState } from "./state.ts";
import { storeEntries } from "./store-entries.ts";
import { becomeFollower } from "./transitions.ts";

/** AppendEntries RPC, receiver (Figure 2; section 5.3). */
export function recvAppendEntries(state: RaftState, from: NodeId, message: AppendEntries): void {
  if (message.leaderId !== from) return;
  if (message.term < state.hardState.currentTerm) {
    refuseOldLeader(state, from);
    return;
  }
  const leader = followSender(state, from, message);
  const newRound = message.readRound > leader.readRound;
  leader.readRound = Math.max(leader.readRound, message.readRound);
  const conflict = findConflict(state, message);
  // A refused message says nothing about what is committed here (M12).
  if (conflict !== undefined) return acknowledge(state, leader, conflict);
  const last = storeEntries(state, message);
  leader.verifiedIndex = larger(leader.verifiedIndex, last);
  // Never beyond what is verified: the rest of this log may be another leader's (M11).
  const committed = smaller(message.leaderCommit, leader.verifiedIndex);
  if (committed > state.commitIndex) commitTo(state, committed);
  if (message.entries.length === 0 || newRound) acknowledge(state, leader);
  else acknowledgeAppend(state, leader, last);
}

/** A leader of this term speaks: whatever this node was, it follows now (section 5.2). */
function followSender(state: RaftState, from: NodeId, { term }: AppendEntries): FollowedLeader {
  const { hardState, nowMs, role } = state;
  const known = role.role === "follower" ? role.leader : undefined;
  if (term === hardState.currentTerm) {
    const other = role.role === "leader" ? state.config.nodeId : (known?.leaderId ?? from);
    assert(other === from, `term ${term} has two leaders, ${other} and ${from}`);
  }
  if (role.role !== "follower" || known === undefined || term > hardState.currentTerm) {
    becomeFollower(state, term, from);
    return followedLeader(state);
  }
  known.contactMs = nowMs;
  known.streamOpen = true;
  role.electionDeadlineMs = randomElectionDeadlineMs(state);
  return known;
}

function followedLeader({ role }: RaftState): FollowedLeader {
  assert(role.role === "follower" && role.leader !== undefined, "a follower has a leader by now");
  return role.leader;
}

/** Where this log differs from the leader's at prevLogIndex; absent where it does not. */
function findConflict(
  { commitIndex, log }: RaftState,
  { prevLogIndex, prevLogTerm }: AppendEntries,
): AppendConflict | undefined {
  // Behind a truncated prefix everything is committed, so it is the leader's as well (M16).
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
