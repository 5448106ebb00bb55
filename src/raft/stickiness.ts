import { unreachable } from "../common/assert.ts";
import type { RaftState } from "./state.ts";

/**
 * Whether this node has a leader, as far as it can tell: then it helps nobody to another one,
 * whatever the term asked for (thesis 4.2.3). A closed stream ends that at once.
 */
export function hearsFromLeader(state: RaftState): boolean {
  const { role } = state;
  switch (role.role) {
    case "leader":
      return true;
    case "follower": {
      if (role.leader === undefined || !role.leader.streamOpen) return false;
      return state.nowMs - role.leader.contactMs < state.config.electionTimeoutMsMin;
    }
    case "preCandidate":
    case "candidate":
      return false;
    default:
      return unreachable(role);
  }
}
