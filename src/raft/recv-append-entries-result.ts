import { assert } from "../common/assert.ts";
import type { LogIndex, NodeId } from "../common/brand.ts";
import { advanceCommitIndex } from "./commit.ts";
import { next } from "./log-index.ts";
import type { AppendConflict, AppendEntriesResult } from "./messages.ts";
import type { Progress } from "./progress.ts";
import { counts } from "./quorum.ts";
import { confirmReads } from "./read-index.ts";
import { backtrackIndex, replicateTo, sendHeartbeats } from "./replication.ts";
import type { LeaderState, RaftState } from "./state.ts";
import { observeTerm } from "./transitions.ts";

/**
 * AppendEntries RPC, leader's side (section 5.3). Answers may be late, repeated or out of order:
 * match and round only grow, and a refusal counts only for what is being asked now.
 */
export function recvAppendEntriesResult(
  state: RaftState,
  from: NodeId,
  result: AppendEntriesResult,
): void {
  observeTerm(state, result.term);
  const { hardState, log, nowMs, role } = state;
  if (role.role !== "leader" || result.term < hardState.currentTerm) return;
  const follower = role.followers.get(from);
  if (follower === undefined) return;
  assert(result.matchIndex <= log.lastIndex, `${from} matches entries that its leader never had`);
  follower.lastContactMs = nowMs;
  follower.readRound = Math.max(follower.readRound, result.readRound);
  follower.saidOfDisk(result.diskLow);
  if (result.conflict === undefined) follower.matched(result.matchIndex, role.reads.started);
  else recordConflict(state, role, from, result.readRound, result.conflict);
  follower.saidOfDamage(result.firstFaulty);
  advanceCommitIndex(state, role);
  confirmReads(state, role);
  replicateTo(state, role, from, follower);
}

function recordConflict(
  state: RaftState,
  leader: LeaderState,
  from: NodeId,
  readRound: number,
  conflict: AppendConflict,
): void {
  const follower = leader.followers.get(from);
  if (follower === undefined) return;
  if (denies(conflict, follower.matchIndex)) {
    if (counts(state, from)) suspect(state, leader, from, follower, readRound);
    // Only who is not counted may lack what it once acknowledged, and is filled up again.
    if (!counts(state, from)) follower.forget(next(conflict.prevLogIndex));
  }
  if (follower.isFresh(conflict.prevLogIndex)) follower.probeAt(backtrackIndex(state, conflict));
}

/** Whether the follower says that its log lacks, or has otherwise, something up to `matchIndex`. */
function denies(conflict: AppendConflict, matchIndex: LogIndex): boolean {
  const { prevLogIndex, conflictTerm, conflictIndex } = conflict;
  return prevLogIndex <= matchIndex || (conflictTerm === undefined && conflictIndex <= matchIndex);
}

/**
 * A refusal of what was acknowledged is old, or the follower forgot. It is no older than a round
 * that it echoes; so one that began after the acknowledgement was heard is proof, and without
 * proof such a round begins.
 */
function suspect(
  state: RaftState,
  leader: LeaderState,
  from: NodeId,
  follower: Progress,
  readRound: number,
): void {
  const peer = state.peers.get(from);
  if (peer !== undefined && readRound > follower.matchRound) {
    peer.forgotIn = state.hardState.currentTerm;
    const facts = { peer: from, matchIndex: follower.matchIndex };
    state.outbox.push({ type: "trace", event: "peer.forgot", facts });
  } else if (leader.reads.started === follower.matchRound) {
    leader.reads.advance();
    sendHeartbeats(state, leader);
  }
}
