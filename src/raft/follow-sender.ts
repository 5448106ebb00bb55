import { assert } from "../common/assert.ts";
import type { NodeId, Term } from "../common/brand.ts";
import { randomElectionDeadlineMs } from "./deadline.ts";
import type { FollowedLeader, RaftState } from "./state.ts";
import { becomeFollower } from "./transitions.ts";

/** A leader of this term or a newer one speaks: whatever this node was, it follows now (5.2). */
export function followSender(state: RaftState, from: NodeId, term: Term): FollowedLeader {
  const { hardState, nowMs, role } = state;
  const known = role.role === "follower" ? role.leader : undefined;
  assert(term >= hardState.currentTerm, "no leader of an older term is followed");
  if (term === hardState.currentTerm) {
    const other = role.role === "leader" ? state.config.nodeId : (known?.leaderId ?? from);
    assert(other === from, `term ${term} has two leaders, ${other} and ${from}`);
  }
  if (role.role !== "follower" || known === undefined || term > hardState.currentTerm) {
    becomeFollower(state, term, from);
    return followedLeader(state);
  }
  known.contactMs = nowMs;
  known.streamOpen = true;
  role.electionDeadlineMs = randomElectionDeadlineMs(state);
  return known;
}

function followedLeader({ role }: RaftState): FollowedLeader {
  assert(role.role === "follower" && role.leader !== undefined, "a follower has a leader by now");
  return role.leader;
}
