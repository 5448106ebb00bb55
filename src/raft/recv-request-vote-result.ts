import type { NodeId } from "../common/brand.ts";
import { countVote } from "./election.ts";
import type { RequestVoteResult } from "./messages.ts";
import type { RaftState } from "./state.ts";
import { observeTerm } from "./transitions.ts";

/**
 * RequestVote RPC, candidate's side (section 5.2). A pre-vote counts only for a pre-candidate and
 * a vote only for a candidate, each only in the term that it was given for, and only from a disk
 * that the cluster knows: another one may have forgotten whom it voted for.
 */
export function recvRequestVoteResult(
  state: RaftState,
  from: NodeId,
  { term, voteGranted, preVote }: RequestVoteResult,
): void {
  const { hardState, peers, role } = state;
  if (preVote && role.role === "preCandidate") role.yielding.delete(from);
  if (!voteGranted) {
    observeTerm(state, term);
    return;
  }
  if (peers.get(from)?.admitted !== true) return;
  const wanted = preVote ? "preCandidate" : "candidate";
  const askedFor = preVote ? hardState.currentTerm + 1 : hardState.currentTerm;
  if (role.role === wanted && term === askedFor) countVote(state, from);
}
