import type { NodeId } from "../common/brand.ts";
import type { ReadIndex } from "./messages.ts";
import { serveRead } from "./read-index.ts";
import { rejectRead } from "./reject-reads.ts";
import type { RaftState } from "./state.ts";
import { leaderIdOf, observeTerm } from "./transitions.ts";

/** A follower asks on behalf of its client (thesis 6.4); who does not lead says so. */
export function recvReadIndex(state: RaftState, from: NodeId, request: ReadIndex): void {
  observeTerm(state, request.term);
  const origin = { from, requestId: request.requestId };
  if (state.role.role === "leader") serveRead(state, state.role, origin);
  else rejectRead(state, origin, "notLeader", leaderIdOf(state));
}
