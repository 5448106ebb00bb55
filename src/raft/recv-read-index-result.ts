import type { ReadIndexResult } from "./messages.ts";
import { rejectRead } from "./reject-reads.ts";
import type { RaftState } from "./state.ts";
import { leaderIdOf, observeTerm } from "./transitions.ts";

/**
 * The leader answered. The index holds whatever has happened since: it was confirmed after the
 * client asked. Reads of a leader that was left have been rejected already, so nothing waits.
 */
export function recvReadIndexResult(state: RaftState, result: ReadIndexResult): void {
  observeTerm(state, result.term);
  const { outbox, role } = state;
  if (role.role !== "follower") return;
  const requestId = role.leader?.reads.take(result.requestId);
  if (requestId === undefined) return;
  const { readIndex: index } = result;
  if (index !== undefined) outbox.push({ type: "readReady", requestId, index });
  else rejectRead(state, { from: undefined, requestId }, "notLeader", leaderIdOf(state));
}
