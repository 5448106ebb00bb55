import { unreachable } from "../common/assert.ts";
import { sendCommitNotices } from "./commit.ts";
import { startPreVote } from "./election.ts";
import { hasQuorum, isVoter } from "./quorum.ts";
import { expireForwardedReads } from "./read-index.ts";
import { sendHeartbeats } from "./replication.ts";
import type { FollowerState, LeaderState, RaftState } from "./state.ts";
import { becomeFollower } from "./transitions.ts";

/** The deadline was reached, or one that has moved since: what is due is done. */
export function timedOut(state: RaftState): void {
  const { role } = state;
  switch (role.role) {
    case "follower":
      return followerTimedOut(state, role);
    case "preCandidate":
    case "candidate":
      if (state.nowMs >= role.electionDeadlineMs) startPreVote(state);
      return;
    case "leader":
      return leaderTimedOut(state, role);
    default:
      return unreachable(role);
  }
}

function followerTimedOut(state: RaftState, follower: FollowerState): void {
  if (follower.leader !== undefined) expireForwardedReads(state, follower.leader);
  if (isVoter(state) && state.nowMs >= follower.electionDeadlineMs) startPreVote(state);
}

/** CheckQuorum: a leader that no majority answers leads nobody (thesis 6.2). */
function leaderTimedOut(state: RaftState, leader: LeaderState): void {
  if (!hearsFromQuorum(state, leader)) {
    becomeFollower(state, state.hardState.currentTerm, undefined);
    return;
  }
  if (state.nowMs >= leader.heartbeatDueMs) sendHeartbeats(state, leader);
  else if (state.nowMs >= (leader.commitNoticeDueMs ?? Number.POSITIVE_INFINITY))
    sendCommitNotices(state, leader);
}

function hearsFromQuorum(state: RaftState, leader: LeaderState): boolean {
  const sinceMs = state.nowMs - state.config.electionTimeoutMsMax;
  return hasQuorum(
    state,
    (voter) =>
      voter === state.config.nodeId ||
      (leader.followers.get(voter)?.lastContactMs ?? Number.NEGATIVE_INFINITY) >= sinceMs,
  );
}
