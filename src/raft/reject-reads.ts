import type { NodeId } from "../common/brand.ts";
import type { ReadOrigin } from "./read-rounds.ts";
import type { RaftState, RoleState } from "./state.ts";
import type { RejectReason } from "./types.ts";

/** Answers one read in the negative, here or at the follower that asked for its client. */
export function rejectRead(
  state: RaftState,
  { from, requestId }: ReadOrigin,
  reason: RejectReason,
  leaderId: NodeId | undefined,
): void {
  const { outbox, hardState } = state;
  if (from === undefined) {
    outbox.push({ type: "readRejected", requestId, reason, leaderId });
    return;
  }
  const term = hardState.currentTerm;
  outbox.send(from, { type: "ReadIndexResult", term, requestId, readIndex: undefined }, hardState);
}

/** Leaving a role, or a leader, ends every read that rested on it: none is dropped in silence. */
export function rejectReads(state: RaftState, left: RoleState, leaderId: NodeId | undefined): void {
  if (left.role === "leader")
    for (const origin of left.reads.drain()) rejectRead(state, origin, "steppedDown", leaderId);
  if (left.role === "follower")
    for (const requestId of left.leader?.reads.drain() ?? [])
      rejectRead(state, { from: undefined, requestId }, "notLeader", leaderId);
}
