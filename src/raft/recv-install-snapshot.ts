import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { acknowledge, refuseOldLeader } from "./acknowledge.ts";
import { commitTo } from "./commit.ts";
import { followSender } from "./follow-sender.ts";
import { larger } from "./log-index.ts";
import type { InstallSnapshot } from "./messages.ts";
import type { FollowedLeader, RaftState } from "./state.ts";
import { becomeFollower } from "./transitions.ts";
import type { EntryId } from "./types.ts";

/**
 * InstallSnapshot RPC, receiver (section 7): the whole snapshot has come, and is installed or
 * discarded. A log that holds its last entry holds more than it: nothing of that is given up,
 * but what is damaged there, which the leader has no more: then what follows is kept (step 6).
 */
export function recvInstallSnapshot(
  state: RaftState,
  from: NodeId,
  { term, leaderId, last, held = false }: InstallSnapshot,
): void {
  if (!state.peers.has(from)) return discard(state, last);
  if (leaderId === state.config.nodeId) return takeBack(state, last, held);
  if (leaderId !== from) return discard(state, last);
  if (term < state.hardState.currentTerm) {
    discard(state, last);
    return refuseOldLeader(state, from);
  }
  assert(last.term <= term, "no entry is newer than the leader that sends it");
  const leader = followSender(state, from, term);
  if (state.installing !== undefined) discard(state, last);
  else if (!holds(state, last)) return install(state, last, false);
  else if (!held && isDamagedUpTo(state, last)) return install(state, last, true);
  else keepLog(state, leader, last);
  acknowledge(state, leader);
}

/**
 * What this node asked for while it led, and its follower had let go of. It is committed, so
 * whoever leads by now has it as well, and only damage is given up for it. A leader leads no more:
 * without that entry it can neither begin nor send what follows it.
 */
function takeBack(state: RaftState, last: EntryId, held: boolean): void {
  const { hardState, installing, log, role } = state;
  const lacksIt = !held && isDamagedUpTo(state, last) && log.termAt(last.index) === last.term;
  if (!lacksIt || installing !== undefined) return discard(state, last);
  if (role.role !== "follower") becomeFollower(state, hardState.currentTerm, undefined);
  install(state, last, true);
}

/** Whether all that the snapshot covers is here already. */
function holds({ commitIndex, log }: RaftState, { index, term }: EntryId): boolean {
  const held = log.termAt(index);
  if (held === term || index < log.prev.index) return true;
  assert(index > commitIndex, `entry ${index} is committed here and another one at its leader`);
  return false;
}

/** Whether the snapshot gives back what nothing else may. */
function isDamagedUpTo({ log }: RaftState, { index }: EntryId): boolean {
  return log.firstFaulty !== undefined && log.firstFaulty <= index;
}

/** Its last entry is committed, so all before it is here as it is at every later leader. */
function keepLog(state: RaftState, leader: FollowedLeader, last: EntryId): void {
  const { index } = last;
  discard(state, last);
  leader.verifiedIndex = larger(leader.verifiedIndex, index);
  if (index > state.commitIndex) commitTo(state, index);
}

function install(state: RaftState, last: EntryId, keepSuffix: boolean): void {
  state.installing = { ...last, keepSuffix };
  state.outbox.push({ type: "installSnapshot", last, keepSuffix });
}

function discard({ outbox }: RaftState, last: EntryId): void {
  outbox.push({ type: "discardSnapshot", last });
}
