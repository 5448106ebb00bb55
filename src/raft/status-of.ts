import { counts } from "./quorum.ts";
import type { LeaderState, RaftState } from "./state.ts";
import type { PeerProgressStatus, RaftStatus } from "./status.ts";
import { leaderIdOf } from "./transitions.ts";

function followersOf(state: RaftState, leader: LeaderState): readonly PeerProgressStatus[] {
  const peers: PeerProgressStatus[] = [];
  for (const [peer, follower] of leader.followers)
    peers.push({
      peer,
      state: follower.state,
      matchIndex: follower.matchIndex,
      nextIndex: follower.nextIndex,
      inflightMessages: follower.inflightMessages,
      inflightBytes: follower.inflightBytes,
      lastContactMs: follower.lastContactMs,
      admitted: counts(state, peer),
      diskLow: follower.diskLow,
    });
  return peers;
}

/** A picture that later steps do not change. */
export function statusOf(state: RaftState): RaftStatus {
  const { config, hardState, log, role } = state;
  const leader = role.role === "leader" ? role : undefined;
  return {
    nodeId: config.nodeId,
    role: role.role,
    currentTerm: hardState.currentTerm,
    votedFor: hardState.votedFor,
    leaderId: leaderIdOf(state),
    prev: log.prev,
    firstIndex: log.firstIndex,
    lastIndex: log.lastIndex,
    lastTerm: log.lastTerm,
    durableIndex: log.durableIndex,
    firstFaulty: log.firstFaulty,
    commitIndex: state.commitIndex,
    appliedIndex: state.appliedIndex,
    installing: state.installing,
    uncommittedBytes: leader?.uncommitted.total ?? 0,
    ready: leader?.ready ?? false,
    repairing: leader?.repair !== undefined,
    peers: leader === undefined ? [] : followersOf(state, leader),
  };
}
