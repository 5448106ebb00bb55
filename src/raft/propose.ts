import type { NodeId } from "../common/brand.ts";
import { isStorageFull } from "./disk-room.ts";
import type { Proposal } from "./events.ts";
import { plus } from "./log-index.ts";
import { replicateToAll } from "./replication.ts";
import type { LeaderState, RaftState } from "./state.ts";
import { leaderIdOf } from "./transitions.ts";
import type { RejectReason } from "./types.ts";

/** Takes the head of a group that fits under the cap on uncommitted bytes; rejects the rest. */
export function propose(state: RaftState, proposals: readonly Proposal[]): void {
  const { role } = state;
  if (proposals.length === 0) return;
  if (role.role !== "leader") return reject(state, 0, "notLeader", leaderIdOf(state));
  if (!role.ready) return reject(state, 0, "leaderNotReady", state.config.nodeId);
  const makeRoom = proposals.every((proposal) => proposal.makesRoom === true);
  if (!makeRoom && isStorageFull(state, role))
    return reject(state, 0, "storageFull", state.config.nodeId);
  const { count, bytes } = headThatFits(state, role, proposals);
  if (count > 0) appendGroup(state, role, count, bytes);
  if (count < proposals.length) reject(state, count, "backpressure", state.config.nodeId);
}

/** One entry may pass the cap when nothing else waits: otherwise it could never be appended. */
function headThatFits(
  state: RaftState,
  leader: LeaderState,
  proposals: readonly Proposal[],
): { readonly count: number; readonly bytes: number } {
  const room = state.config.maxUncommittedBytes - leader.uncommitted.total;
  let bytes = 0;
  let count = 0;
  for (const proposal of proposals) {
    const alone = count === 0 && leader.uncommitted.total === 0;
    if (bytes + proposal.bytes > room && !alone) break;
    bytes += proposal.bytes;
    count++;
  }
  return { count, bytes };
}

/** One append and one send for each follower, however many entries the group has. */
function appendGroup(state: RaftState, leader: LeaderState, count: number, bytes: number): void {
  const { hardState, log, outbox } = state;
  const first = plus(log.lastIndex, 1);
  log.append({ term: hardState.currentTerm, count });
  leader.uncommitted.add(log.lastIndex, bytes);
  outbox.push({ type: "appendEntries", first, last: log.last, source: "proposals" });
  replicateToAll(state, leader);
}

function reject(
  state: RaftState,
  from: number,
  reason: RejectReason,
  leaderId: NodeId | undefined,
): void {
  state.outbox.push({ type: "rejectProposals", from, reason, leaderId });
}
