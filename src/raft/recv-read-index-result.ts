import type { NodeId } from "../common/brand.ts";
import type { ReadIndexResult } from "./messages.ts";
import { rejectRead } from "./reject-reads.ts";
import type { RaftState } from "./state.ts";
import { leaderIdOf, observeTerm } from "./transitions.ts";

/**
 * The leader answered. The index holds whatever has happened since: it was confirmed after the
 * client asked. Reads of a leader that was left have been rejected already, so nothing waits; and
 * what another one says, or this one said in another term, answers nothing that was asked here.
 */
export function recvReadIndexResult(state: RaftState, from: NodeId, result: ReadIndexResult): void {
  observeTerm(state, result.term);
  const { hardState, outbox, role } = state;
  if (role.role !== "follower" || role.leader?.leaderId !== from) return;
  if (result.term < hardState.currentTerm) return;
  const requestId = role.leader.reads.take(result.requestId);
  if (requestId === undefined) return;
  const { readIndex: index } = result;
  if (index !== undefined) outbox.push({ type: "readReady", requestId, index });
  else rejectRead(state, { from: undefined, requestId }, "notLeader", leaderIdOf(state));
}
