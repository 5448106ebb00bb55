import type { LogIndex, NodeId } from "../common/brand.ts";
import { smaller, ZERO_INDEX } from "./log-index.ts";
import type { AppendConflict } from "./messages.ts";
import type { FollowedLeader, RaftState } from "./state.ts";

/** All that a reply may claim: on disk here, and the same as this leader's log. */
function durableMatch({ log }: RaftState, { verifiedIndex }: FollowedLeader): LogIndex {
  return smaller(log.durableIndex, verifiedIndex);
}

/** Answers the leader now: contact, match, the highest round heard, and where the logs part. */
export function acknowledge(
  state: RaftState,
  leader: FollowedLeader,
  conflict?: AppendConflict,
): void {
  const { disk, hardState, installing, log, nowMs, outbox } = state;
  leader.repliedMs = nowMs;
  leader.repliedMatch = durableMatch(state, leader);
  outbox.send(
    leader.leaderId,
    {
      type: "AppendEntriesResult",
      term: hardState.currentTerm,
      matchIndex: leader.repliedMatch,
      conflict,
      readRound: leader.readRound,
      diskLow: disk.low,
      firstFaulty: installing === undefined ? log.firstFaulty : undefined,
    },
    hardState,
  );
}

/**
 * Entries have been taken but may not be on disk. Then the answer that counts follows their sync;
 * one more now is due only to tell the leader, once a heartbeat, that somebody lives here.
 */
export function acknowledgeAppend(state: RaftState, leader: FollowedLeader, last: LogIndex): void {
  const { config, nowMs } = state;
  const silentMs = nowMs - (leader.repliedMs ?? Number.NEGATIVE_INFINITY);
  if (durableMatch(state, leader) >= last || silentMs >= config.heartbeatIntervalMs)
    acknowledge(state, leader);
}

/** More is on disk: the leader of the term in which it was verified hears of it, nobody else. */
export function acknowledgeDurable(state: RaftState): void {
  const { role } = state;
  if (role.role !== "follower" || role.leader === undefined) return;
  if (durableMatch(state, role.leader) > role.leader.repliedMatch) acknowledge(state, role.leader);
}

/**
 * The sender leads no more: it learns the newer term, and nothing else. No round is echoed: should
 * it win that very term, this answer must not pass for one of its followers'.
 */
export function refuseOldLeader({ disk, hardState, outbox }: RaftState, from: NodeId): void {
  const term = hardState.currentTerm;
  const nothing = { matchIndex: ZERO_INDEX, conflict: undefined, readRound: 0, diskLow: disk.low };
  outbox.send(from, { type: "AppendEntriesResult", term, ...nothing }, hardState);
}
