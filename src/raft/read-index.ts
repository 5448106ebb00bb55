import { unreachable } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { hasQuorum } from "./quorum.ts";
import type { PendingRead, ReadOrigin } from "./read-rounds.ts";
import { rejectRead } from "./reject-reads.ts";
import { sendHeartbeats } from "./replication.ts";
import type { FollowedLeader, LeaderState, RaftState } from "./state.ts";

/** A client of this node wants to read what was committed before it asked (thesis 6.4). */
export function requestRead(state: RaftState, requestId: number): void {
  const { role } = state;
  const origin = { from: undefined, requestId };
  switch (role.role) {
    case "leader":
      return serveRead(state, role, origin);
    case "follower":
      if (role.leader !== undefined) return forwardRead(state, role.leader, requestId);
      return rejectRead(state, origin, "notLeader", undefined);
    case "preCandidate":
    case "candidate":
      return rejectRead(state, origin, "notLeader", undefined);
    default:
      return unreachable(role);
  }
}

/**
 * The answer is commitIndex as it is now, once a majority has confirmed that this node still led
 * after the question. Not before this term's no-op is committed: until then commitIndex may lag
 * what an earlier leader acknowledged.
 */
export function serveRead(state: RaftState, leader: LeaderState, origin: ReadOrigin): void {
  if (state.commitIndex < leader.noopIndex) {
    leader.reads.addEarly(origin);
    return;
  }
  leader.reads.add(origin, state.commitIndex);
  beginRound(state, leader);
}

export function noopCommitted(state: RaftState, leader: LeaderState): void {
  for (const origin of leader.reads.takeEarly()) leader.reads.add(origin, state.commitIndex);
  beginRound(state, leader);
}

/** Answers the reads whose round a majority has echoed; then the next round may begin. */
export function confirmReads(state: RaftState, leader: LeaderState): void {
  const { reads, followers } = leader;
  const { nodeId } = state.config;
  while (reads.underWay) {
    const round = reads.started;
    const echoed = (voter: NodeId): boolean =>
      voter === nodeId || (followers.get(voter)?.readRound ?? 0) >= round;
    if (!hasQuorum(state, echoed)) return;
    for (const read of reads.confirm()) answerRead(state, read);
    if (reads.begin()) sendHeartbeats(state, leader);
  }
}

function beginRound(state: RaftState, leader: LeaderState): void {
  if (!leader.reads.begin()) return;
  sendHeartbeats(state, leader);
  confirmReads(state, leader);
}

function answerRead(state: RaftState, { origin, index }: PendingRead): void {
  const { outbox, hardState } = state;
  const { from, requestId } = origin;
  if (from === undefined) {
    outbox.push({ type: "readReady", requestId, index });
    return;
  }
  const term = hardState.currentTerm;
  outbox.send(from, { type: "ReadIndexResult", term, requestId, readIndex: index }, hardState);
}

function forwardRead(state: RaftState, leader: FollowedLeader, requestId: number): void {
  const { config, hardState, nowMs, outbox } = state;
  const id = leader.reads.add(requestId, nowMs + config.electionTimeoutMsMax);
  const term = hardState.currentTerm;
  outbox.send(leader.leaderId, { type: "ReadIndex", term, requestId: id }, hardState);
}

/** A follower waits for its leader's answer no longer than for its leader. */
export function expireForwardedReads(state: RaftState, leader: FollowedLeader): void {
  for (const requestId of leader.reads.takeExpired(state.nowMs))
    rejectRead(state, { from: undefined, requestId }, "notLeader", leader.leaderId);
}
