import { assert } from "../common/assert.ts";
import type { LogIndex, NodeId } from "../common/brand.ts";
import { diskRoom } from "./disk-room.ts";
import type { RaftEvent } from "./events.ts";
import { larger, next, previous, smaller } from "./log-index.ts";
import type { AppendConflict } from "./messages.ts";
import type { Progress } from "./progress.ts";
import type { LeaderState, RaftState } from "./state.ts";
import type { EntryId } from "./types.ts";

function entryBefore(state: RaftState, index: LogIndex): EntryId {
  const at = previous(index);
  const term = state.log.termAt(at);
  assert(term !== undefined, "a leader holds the entry before the ones it sends");
  return { index: at, term };
}

/** Asks for the next frames to one follower, if it lacks some and its window has room. */
export function replicateTo(
  state: RaftState,
  leader: LeaderState,
  to: NodeId,
  follower: Progress,
): void {
  // What is damaged is not sent; what a repairing leader may yet cut is not verified either.
  if (leader.repair !== undefined) return;
  if (follower.state === "snapshot") return sendSnapshot(state, to, follower);
  if (follower.nextIndex > state.log.wholeIndex) return;
  const windowBytes = follower.room(state.config);
  if (windowBytes <= 0) return;
  const maxBytes = Math.min(windowBytes, diskRoom(state, leader, follower));
  if (maxBytes <= 0) return;
  follower.sendStarted();
  follower.commitSent = state.commitIndex;
  state.outbox.push({
    type: "sendEntries",
    to,
    term: state.hardState.currentTerm,
    prev: entryBefore(state, follower.nextIndex),
    maxBytes,
    leaderCommit: state.commitIndex,
    readRound: leader.reads.started,
  });
}

/**
 * Asks for a transfer to a follower that cannot be served with entries: one at a time, and none to
 * a follower that is not there.
 */
function sendSnapshot(state: RaftState, to: NodeId, follower: Progress): void {
  const { config, hardState, nowMs, outbox } = state;
  const silentMs = nowMs - follower.lastContactMs;
  if (!follower.wantsSnapshot || silentMs > config.electionTimeoutMsMax) return;
  follower.snapshotStarted();
  outbox.push({ type: "sendSnapshot", to, term: hardState.currentTerm });
}

/** Where a follower of which nothing is known is asked first. */
export function firstProbe({ commitIndex, log }: RaftState, leader: LeaderState): LogIndex {
  return next(leader.repair === undefined ? log.lastIndex : commitIndex);
}

export function replicateToAll(state: RaftState, leader: LeaderState): void {
  for (const [to, follower] of leader.followers) replicateTo(state, leader, to, follower);
}

/**
 * An AppendEntries without entries. Its prevLogIndex is the last entry sent, so that a follower
 * that missed one says so at once instead of at the next append.
 */
export function sendHeartbeat(
  state: RaftState,
  leader: LeaderState,
  to: NodeId,
  follower: Progress,
): void {
  const { commitIndex, hardState, config } = state;
  // What a repairing leader may yet cut is not asked about, whatever the follower has.
  const last = leader.repair === undefined ? follower.nextIndex : next(commitIndex);
  const prev = entryBefore(state, smaller(follower.nextIndex, last));
  follower.commitSent = state.commitIndex;
  state.outbox.send(
    to,
    {
      type: "AppendEntries",
      term: hardState.currentTerm,
      leaderId: config.nodeId,
      prevLogIndex: prev.index,
      prevLogTerm: prev.term,
      entries: [],
      leaderCommit: state.commitIndex,
      readRound: leader.reads.started,
    },
    hardState,
  );
}

export function sendHeartbeats(state: RaftState, leader: LeaderState): void {
  leader.heartbeatDueMs = state.nowMs + state.config.heartbeatIntervalMs;
  leader.commitNoticeDueMs = undefined;
  for (const [to, follower] of leader.followers) {
    sendHeartbeat(state, leader, to, follower);
    follower.resume();
    replicateTo(state, leader, to, follower);
  }
}

type Sent = Extract<RaftEvent, { type: "sent" }>;

/** The runner put frames on the stream, or could not; of an earlier leadership: ignored. */
export function recordSent(state: RaftState, { to, term, last, bytes }: Sent): void {
  const { role } = state;
  if (role.role !== "leader" || term !== state.hardState.currentTerm) return;
  const follower = role.followers.get(to);
  if (follower === undefined) return;
  follower.sent(last, bytes);
  replicateTo(state, role, to, follower);
}

/**
 * Where to ask next after a refusal (end of section 5.3). Below `prevLogIndex` the logs can only
 * agree on the follower's conflicting term, or before that term began there. Below `firstIndex`:
 * not within this log.
 */
export function backtrackIndex(state: RaftState, conflict: AppendConflict): LogIndex {
  const { conflictTerm, conflictIndex, prevLogIndex } = conflict;
  const below = previous(prevLogIndex);
  const shared = conflictTerm === undefined ? undefined : state.log.lastOfTerm(conflictTerm, below);
  const candidate = shared === undefined ? conflictIndex : larger(conflictIndex, next(shared));
  return smaller(candidate, prevLogIndex);
}
