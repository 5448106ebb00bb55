import { acknowledgeDurable } from "./acknowledge.ts";
import type { LogIndex } from "../common/brand.ts";
import { advanceCommitIndex } from "./commit.ts";
import type { RaftEvent } from "./events.ts";
import { next } from "./log-index.ts";
import { blockingSize, counts } from "./quorum.ts";
import { replicateToAll, sendHeartbeats } from "./replication.ts";
import type { LeaderState, RaftState } from "./state.ts";

type EntryMissing = Extract<RaftEvent, { type: "entryMissing" }>;

/**
 * A new leader appends its no-op, unless its log holds damage: then it only says that it leads,
 * until the log is whole. Nothing of its own lies on what may have to be cut, and no follower has
 * been told that it agrees with it.
 */
export function beginTerm(state: RaftState, leader: LeaderState): void {
  const { log, outbox } = state;
  if (leader.repair === undefined) return appendNoop(state, leader);
  const { firstFaulty } = log;
  outbox.push({ type: "trace", event: "leader.repairing", facts: { firstFaulty } });
  sendHeartbeats(state, leader);
}

/** It commits what earlier terms left behind (section 8). */
function appendNoop(state: RaftState, leader: LeaderState): void {
  const { hardState, log, outbox } = state;
  leader.noopIndex = next(log.lastIndex);
  log.append({ term: hardState.currentTerm, count: 1 });
  outbox.push({ type: "appendEntries", first: leader.noopIndex, last: log.last, source: "noop" });
  replicateToAll(state, leader);
}

/** Damage was found, repaired or cut off; what is whole again counts like anything else. */
export function faultyChanged(state: RaftState, first: LogIndex | undefined): void {
  changeDamage(state, () => state.log.damaged(first));
}

/** `change` may end damage: what was held up by it goes on. */
export function changeDamage(state: RaftState, change: () => void): void {
  const { log, role } = state;
  const before = log.firstFaulty;
  change();
  if (role.role !== "leader") return acknowledgeDurable(state);
  if (log.firstFaulty === before) return;
  role.faultySinceMs = state.nowMs;
  resume(state, role);
}

/**
 * One voter more does not have the entry. So many that no majority is without one of them, each in
 * this very term when it looked, prove that it was never committed and never will be: whoever has
 * promised to follow this leader takes it from no older one. Then it is cut off, and all behind it.
 */
export function recordMissing(state: RaftState, { peer, term, entry }: EntryMissing): void {
  const { hardState, log, outbox, role } = state;
  const { index, term: ofTerm } = entry;
  if (role.role !== "leader" || role.repair === undefined) return;
  if (term !== hardState.currentTerm || !counts(state, peer)) return;
  // What is committed is missed only by who has a snapshot in its place.
  if (index <= state.commitIndex) return;
  if (index !== log.firstFaulty || ofTerm !== log.termAt(index)) return;
  if (role.repair.add(index, peer) < blockingSize(state)) return;
  outbox.push({ type: "trace", event: "entry.discarded", facts: { index, ofTerm } });
  log.truncateSuffix(index);
  outbox.push({ type: "truncateSuffix", from: index });
  resume(state, role);
}

/** What had to wait for a whole log goes on. */
function resume(state: RaftState, leader: LeaderState): void {
  const { log } = state;
  if (leader.repair === undefined) {
    advanceCommitIndex(state, leader);
    replicateToAll(state, leader);
  } else if (log.firstFaulty === undefined) {
    leader.repair = undefined;
    for (const follower of leader.followers.values()) follower.probeAt(next(log.lastIndex));
    appendNoop(state, leader);
  }
}
