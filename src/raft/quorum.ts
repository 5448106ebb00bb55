import type { NodeId } from "../common/brand.ts";
import type { RaftState } from "./state.ts";

/** A majority of all configured voters, admitted or not: an absent voter lowers no bar. */
export function quorumSize(state: RaftState): number {
  return Math.floor(state.config.membership.voters.length / 2) + 1;
}

/** So many voters that every majority has one of them: for odd clusters, a majority itself. */
export function blockingSize(state: RaftState): number {
  return state.config.membership.voters.length - quorumSize(state) + 1;
}

/** Whether this node counts: a voter of the cluster, on the disk that the cluster knows. */
export function isVoter(state: RaftState): boolean {
  return state.config.mayVote && state.config.membership.voters.includes(state.config.nodeId);
}

/** Whether what `peer` says counts: it is on its own disk, and has not forgotten what was on it. */
export function counts({ hardState, peers }: RaftState, peer: NodeId): boolean {
  const known = peers.get(peer);
  return known?.admitted === true && known.forgotIn !== hardState.currentTerm;
}

/** Whether a majority says yes, this node and its admitted peers being asked. */
export function hasQuorum(state: RaftState, says: (voter: NodeId) => boolean): boolean {
  let yes = isVoter(state) && says(state.config.nodeId) ? 1 : 0;
  for (const peer of state.peers.keys()) if (counts(state, peer) && says(peer)) yes++;
  return yes >= quorumSize(state);
}
