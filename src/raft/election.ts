import { assert } from "../common/assert.ts";
import { type NodeId, Term } from "../common/brand.ts";
import { hasQuorum } from "./quorum.ts";
import { beginTerm } from "./repair.ts";
import type { RaftState } from "./state.ts";
import { becomeCandidate, becomeLeader, becomePreCandidate } from "./transitions.ts";

/** Asks whether it could win, so that a node that cannot does not raise the term (thesis 9.6). */
export function startPreVote(state: RaftState): void {
  becomePreCandidate(state);
  const term = Term(state.hardState.currentTerm + 1);
  state.outbox.push({ type: "trace", event: "preVote.started", facts: { standingFor: term } });
  requestVotes(state, term, true);
  countVote(state, state.config.nodeId);
}

/** Its own vote counts when it is on disk: {@link countOwnVote}. */
function startElection(state: RaftState): void {
  becomeCandidate(state);
  const { currentTerm: term } = state.hardState;
  state.outbox.push({ type: "trace", event: "election.started", facts: { term } });
  requestVotes(state, term, false);
}

function requestVotes(state: RaftState, term: Term, preVote: boolean): void {
  const { config, hardState, log, outbox, peers } = state;
  const { index: lastLogIndex, term: lastLogTerm } = log.last;
  for (const peer of peers.keys())
    outbox.send(
      peer,
      {
        type: "RequestVote",
        term,
        candidateId: config.nodeId,
        lastLogIndex,
        lastLogTerm,
        preVote,
      },
      hardState,
    );
}

export function countVote(state: RaftState, voter: NodeId): void {
  const { role } = state;
  assert(role.role === "preCandidate" || role.role === "candidate", "only they collect votes");
  role.votes.add(voter);
  tally(state);
}

/** A candidate's vote for itself is a vote like any other: it counts once it is durable. */
export function countOwnVote(state: RaftState): void {
  const { role, outbox, hardState, config } = state;
  if (role.role !== "candidate" || !outbox.isDurable(hardState)) return;
  if (!role.votes.has(config.nodeId)) countVote(state, config.nodeId);
}

/** Moves on once a majority of the voters is for it. */
export function tally(state: RaftState): void {
  const { role } = state;
  if (role.role !== "preCandidate" && role.role !== "candidate") return;
  if (!hasQuorum(state, (voter) => role.votes.has(voter))) return;
  if (role.role === "preCandidate") startElection(state);
  else lead(state);
}

function lead(state: RaftState): void {
  becomeLeader(state);
  const { hardState, outbox, role } = state;
  assert(role.role === "leader", "a won election makes a leader");
  const { currentTerm: term } = hardState;
  outbox.push({ type: "trace", event: "election.won", facts: { term } });
  beginTerm(state, role);
}
