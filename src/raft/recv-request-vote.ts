import type { NodeId } from "../common/brand.ts";
import type { RequestVote } from "./messages.ts";
import { isVoter } from "./quorum.ts";
import type { RaftState } from "./state.ts";
import { hearsFromLeader } from "./stickiness.ts";
import { becomeFollower, castVote, observeTerm } from "./transitions.ts";

/**
 * Who was told that it could win gets this long to do so. Two that see their leader go within a
 * few milliseconds would otherwise both campaign, split the votes and wait a whole timeout.
 */
const HEAD_START_MS = 50;

/**
 * RequestVote RPC, receiver (Figure 2; sections 5.2, 5.4.1). A pre-vote is answered by the same
 * rules and changes neither term nor vote (thesis 9.6).
 */
export function recvRequestVote(state: RaftState, from: NodeId, request: RequestVote): void {
  if (request.candidateId !== from) return;
  const refusal = request.preVote ? refusesPreVote(state, request) : refusesVote(state, request);
  if (refusal === undefined && request.preVote) giveWay(state);
  else if (refusal === undefined) castVote(state, from);
  answer(state, request, refusal);
}

/** Two that ask at the same moment must not both win: they would split the votes. */
function giveWay(state: RaftState): void {
  if (state.role.role === "preCandidate")
    becomeFollower(state, state.hardState.currentTerm, undefined);
  const { nowMs, role } = state;
  if (role.role !== "follower") return;
  role.electionDeadlineMs = Math.max(role.electionDeadlineMs, nowMs + HEAD_START_MS);
}

/** Why no new leader may be had at all right now, whatever the candidate's term. */
function refusesAnyone(state: RaftState, { candidateId }: RequestVote): string | undefined {
  if (!isVoter(state)) return "not a voter";
  if (state.peers.get(candidateId)?.admitted !== true) return "candidate is not admitted";
  if (hearsFromLeader(state)) return "has a leader";
  return undefined;
}

function refusesPreVote(state: RaftState, request: RequestVote): string | undefined {
  const refusal = refusesAnyone(state, request);
  if (refusal !== undefined) return refusal;
  if (request.term <= state.hardState.currentTerm) return "term is not newer";
  if (!coversLog(state, request)) return "log is behind";
  return outranks(state, request) ? "outranked" : undefined;
}

/**
 * Whether this node stands for the same term with the same log, and the candidate, whose id is
 * smaller, will give way as soon as it is asked: which it has been, and has not answered yet.
 */
function outranks({ config, hardState, log, role }: RaftState, request: RequestVote): boolean {
  const { candidateId, lastLogIndex, lastLogTerm, term } = request;
  if (role.role !== "preCandidate" || !role.yielding.has(candidateId)) return false;
  if (lastLogIndex !== log.lastIndex || lastLogTerm !== log.lastTerm) return false;
  return term === hardState.currentTerm + 1 && config.nodeId > candidateId;
}

function refusesVote(state: RaftState, request: RequestVote): string | undefined {
  const refusal = refusesAnyone(state, request);
  if (refusal !== undefined) return refusal;
  observeTerm(state, request.term);
  const { currentTerm, votedFor } = state.hardState;
  if (request.term < currentTerm) return "term is older";
  if (votedFor !== undefined && votedFor !== request.candidateId) return "vote is given";
  if (!coversLog(state, request)) return "log is behind";
  if (state.role.role !== "follower") becomeFollower(state, currentTerm, undefined);
  return undefined;
}

function coversLog({ log }: RaftState, { lastLogIndex, lastLogTerm }: RequestVote): boolean {
  return log.isCoveredBy({ index: lastLogIndex, term: lastLogTerm });
}

function answer(state: RaftState, request: RequestVote, refusal: string | undefined): void {
  const { hardState, outbox } = state;
  const { candidateId, preVote, term: standingFor } = request;
  const voteGranted = refusal === undefined;
  // A pre-vote is granted for the term that was asked for; any other answer tells one's own.
  const term = voteGranted ? standingFor : hardState.currentTerm;
  outbox.push({
    type: "trace",
    event: voteGranted ? "vote.granted" : "vote.refused",
    facts: { candidateId, standingFor, preVote, reason: refusal },
  });
  outbox.send(candidateId, { type: "RequestVoteResult", term, voteGranted, preVote }, hardState);
}
