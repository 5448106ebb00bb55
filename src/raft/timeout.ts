import { unreachable } from "../common/assert.ts";
import { sendCommitNotices } from "./commit.ts";
import { randomElectionDeadlineMs } from "./deadline.ts";
import { startPreVote } from "./election.ts";
import { counts, hasQuorum, isVoter } from "./quorum.ts";
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
      if (state.nowMs >= role.electionDeadlineMs) campaign(state);
      return;
    case "leader":
      return leaderTimedOut(state, role);
    default:
      return unreachable(role);
  }
}

function followerTimedOut(state: RaftState, follower: FollowerState): void {
  if (follower.leader !== undefined) expireForwardedReads(state, follower.leader);
  if (isVoter(state) && state.nowMs >= follower.electionDeadlineMs) campaign(state);
}

/** Who could not write what a leader must write, or has no log just now, leaves it to others. */
function campaign(state: RaftState): void {
  if (!diskStalled(state) && state.installing === undefined) return startPreVote(state);
  if (state.role.role !== "follower") stepDown(state);
  if (state.role.role === "follower")
    state.role.electionDeadlineMs = randomElectionDeadlineMs(state);
}

function stepDown(state: RaftState): void {
  becomeFollower(state, state.hardState.currentTerm, undefined);
}

function diskStalled({ config, disk, nowMs }: RaftState): boolean {
  return disk.stalled(nowMs, config.electionTimeoutMsMax);
}

/** CheckQuorum: a leader that no majority answers leads nobody (thesis 6.2). */
function leaderTimedOut(state: RaftState, leader: LeaderState): void {
  if (!hearsFromQuorum(state, leader) || repairsTooLong(state, leader)) return stepDown(state);
  if (diskStalled(state)) {
    const { syncedIndex, lastIndex } = state.log;
    state.outbox.push({ type: "trace", event: "disk.stalled", facts: { syncedIndex, lastIndex } });
    return stepDown(state);
  }
  if (state.nowMs >= leader.heartbeatDueMs) sendHeartbeats(state, leader);
  else if (state.nowMs >= (leader.commitNoticeDueMs ?? Number.POSITIVE_INFINITY))
    sendCommitNotices(state, leader);
}

/**
 * Nobody has given back the damaged entry, nor has a majority denied it. Nothing after it can be
 * sent or committed, and another node may do better. Where it is committed, a leader at work goes
 * on answering reads, unless somebody has all that is committed, and no damage.
 */
function repairsTooLong(state: RaftState, leader: LeaderState): boolean {
  const { commitIndex, config, log, nowMs } = state;
  if (log.firstFaulty === undefined) return false;
  if (nowMs - leader.faultySinceMs <= config.electionTimeoutMsMax) return false;
  if (leader.repair !== undefined || log.firstFaulty > commitIndex) return true;
  return [...leader.followers].some(
    ([peer, { firstFaulty, matchIndex }]) =>
      counts(state, peer) && firstFaulty === undefined && matchIndex >= commitIndex,
  );
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
