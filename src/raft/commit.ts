import { assert } from "../common/assert.ts";
import type { LogIndex } from "../common/brand.ts";
import { larger, ZERO_INDEX } from "./log-index.ts";
import { counts, isVoter, quorumSize } from "./quorum.ts";
import { noopCommitted } from "./read-index.ts";
import { sendHeartbeat } from "./replication.ts";
import type { LeaderState, RaftState } from "./state.ts";

/**
 * How long a commitIndex may wait for a message that goes to a follower anyway. Shorter than a
 * heartbeat, so that tails on followers are live; long enough to cost a busy leader nothing.
 */
const COMMIT_NOTICE_MS = 5;

/** Entries up to `index` are committed, for whatever role. */
export function commitTo(state: RaftState, index: LogIndex): void {
  const term = state.log.termAt(index);
  assert(index > state.commitIndex, "commitIndex only grows");
  assert(term !== undefined, "only entries that are held are committed");
  state.commitIndex = index;
  state.outbox.push({ type: "commit", index, term });
}

/** What a majority of the voters, and nobody else, has on disk. */
function durableOnQuorum(state: RaftState, leader: LeaderState): LogIndex {
  const durable: LogIndex[] = isVoter(state) ? [state.log.durableIndex] : [];
  for (const [nodeId, { matchIndex }] of leader.followers)
    if (counts(state, nodeId)) durable.push(matchIndex);
  durable.sort((a, b) => b - a);
  return durable[quorumSize(state) - 1] ?? ZERO_INDEX;
}

/**
 * Commits what a majority has on disk, by counting entries of this term only: an older term's
 * entry on a majority may still be overwritten (section 5.4.2, Figure 8).
 */
export function advanceCommitIndex(state: RaftState, leader: LeaderState): void {
  const index = durableOnQuorum(state, leader);
  if (index <= state.commitIndex) return;
  if (state.log.termAt(index) !== state.hardState.currentTerm) return;
  const first = state.commitIndex < leader.noopIndex;
  commitTo(state, index);
  leader.uncommitted.committed(index);
  leader.commitNoticeDueMs ??= state.nowMs + COMMIT_NOTICE_MS;
  if (first) noopCommitted(state, leader);
}

/** Tells the new commitIndex to followers for which nothing is on its way that would carry it. */
export function sendCommitNotices(state: RaftState, leader: LeaderState): void {
  leader.commitNoticeDueMs = undefined;
  if (state.commitIndex < state.log.lastIndex) return;
  for (const [to, follower] of leader.followers)
    if (follower.commitSent < state.commitIndex) sendHeartbeat(state, leader, to, follower);
}

/** Entries up to `index` are applied; a leader takes appends once its no-op is among them. */
export function recordApplied(state: RaftState, index: LogIndex): void {
  assert(index <= state.commitIndex, "only committed entries are applied");
  state.appliedIndex = larger(state.appliedIndex, index);
  const { role, outbox } = state;
  if (role.role !== "leader" || role.ready || state.appliedIndex < role.noopIndex) return;
  role.ready = true;
  const { noopIndex } = role;
  outbox.push({ type: "trace", event: "leader.noopApplied", facts: { noopIndex } });
}
