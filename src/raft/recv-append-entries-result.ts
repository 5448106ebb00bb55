import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { advanceCommitIndex } from "./commit.ts";
import { next } from "./log-index.ts";
import type { AppendConflict, AppendEntriesResult } from "./messages.ts";
import type { Progress } from "./progress.ts";
import { confirmReads } from "./read-index.ts";
import { backtrackIndex, replicateTo } from "./replication.ts";
import type { RaftState } from "./state.ts";
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
  if (result.conflict === undefined) follower.matched(result.matchIndex);
  else recordConflict(state, from, follower, result.conflict);
  advanceCommitIndex(state, role);
  confirmReads(state, role);
  replicateTo(state, role, from, follower);
}

function recordConflict(
  state: RaftState,
  from: NodeId,
  follower: Progress,
  conflict: AppendConflict,
): void {
  const { prevLogIndex } = conflict;
  const admitted = state.peers.get(from)?.admitted === true;
  // Only a disk that the cluster does not know may have lost what it once acknowledged.
  if (!admitted && prevLogIndex <= follower.matchIndex) follower.forget(next(prevLogIndex));
  if (follower.isFresh(prevLogIndex)) follower.backtrack(backtrackIndex(state, conflict));
}
