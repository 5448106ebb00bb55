import { assert, unreachable } from "../common/assert.ts";
import { type NodeId, Term } from "../common/brand.ts";
import { randomElectionDeadlineMs } from "./deadline.ts";
import { Evidence } from "./evidence.ts";
import { ForwardedReads } from "./forwarded-reads.ts";
import { next, ZERO_INDEX } from "./log-index.ts";
import { Progress } from "./progress.ts";
import { ReadRounds } from "./read-rounds.ts";
import { rejectReads } from "./reject-reads.ts";
import type { FollowedLeader, RaftState, RoleState } from "./state.ts";
import type { HardState, Role } from "./types.ts";
import { UncommittedBytes } from "./uncommitted-bytes.ts";

/** Legal moves; `docs/raft.md` names the trigger of each. */
const LEGAL: Readonly<Record<Role, readonly Role[]>> = {
  follower: ["follower", "preCandidate"],
  preCandidate: ["follower", "preCandidate", "candidate"],
  candidate: ["follower", "preCandidate", "leader"],
  leader: ["follower"],
};

/** Term, vote and role change here and nowhere else; everywhere else they are read-only. */
interface Writable {
  hardState: HardState;
  role: RoleState;
}

export function leaderIdOf(state: RaftState): NodeId | undefined {
  const { role } = state;
  switch (role.role) {
    case "follower":
      return role.leader?.leaderId;
    case "leader":
      return state.config.nodeId;
    case "preCandidate":
    case "candidate":
      return undefined;
    default:
      return unreachable(role);
  }
}

function enter(state: RaftState, role: RoleState, hardState: HardState): void {
  const left = state.role;
  const before = { leaderId: leaderIdOf(state), term: state.hardState.currentTerm };
  assert(LEGAL[left.role].includes(role.role), `no way leads from ${left.role} to ${role.role}`);
  assert(hardState.currentTerm >= before.term, "terms never go back");
  const writable: Writable = state;
  writable.role = role;
  if (hardState !== state.hardState) writable.hardState = hardState;
  const { currentTerm: term } = hardState;
  const leaderId = leaderIdOf(state);
  if (left.role !== role.role || before.term !== term || before.leaderId !== leaderId)
    state.outbox.push({ type: "stateChanged", role: role.role, term, leaderId });
  if (left.role === "leader")
    state.outbox.push({ type: "trace", event: "leader.steppedDown", facts: { leaderId } });
  if (left.role === "candidate" && role.role !== "leader")
    state.outbox.push({ type: "trace", event: "election.lost", facts: { ofTerm: before.term } });
  rejectReads(state, left, leaderId);
}

function inTerm(state: RaftState, term: Term): HardState {
  if (term === state.hardState.currentTerm) return state.hardState;
  return { currentTerm: term, votedFor: undefined };
}

function follow(state: RaftState, leaderId: NodeId): FollowedLeader {
  return {
    leaderId,
    contactMs: state.nowMs,
    streamOpen: true,
    verifiedIndex: ZERO_INDEX,
    readRound: 0,
    repliedMs: undefined,
    repliedMatch: ZERO_INDEX,
    reads: new ForwardedReads(state.random),
  };
}

/**
 * To follower of `term`, of a leader where one is known. The vote of an unchanged term stays.
 * Only a leader, or a vote given, buys a candidate more time; a mere higher term does not.
 */
export function becomeFollower(state: RaftState, term: Term, leaderId: NodeId | undefined): void {
  const { role: left } = state;
  const keepDeadline = leaderId === undefined && left.role !== "leader";
  const electionDeadlineMs = keepDeadline
    ? left.electionDeadlineMs
    : randomElectionDeadlineMs(state);
  const leader = leaderId === undefined ? undefined : follow(state, leaderId);
  enter(state, { role: "follower", leader, electionDeadlineMs }, inTerm(state, term));
  if (leaderId === undefined) return;
  state.outbox.push({ type: "trace", event: "leader.followed", facts: { leaderId } });
}

/**
 * Asks before it campaigns: the term stays as it is (thesis 9.6). Who has asked in vain before
 * expects nobody to give way: it may be one that cannot win.
 */
export function becomePreCandidate(state: RaftState): void {
  const { hardState, peers, role: left } = state;
  const yielding = new Set(left.role === "preCandidate" ? [] : peers.keys());
  const electionDeadlineMs = randomElectionDeadlineMs(state);
  enter(state, { role: "preCandidate", votes: new Set(), yielding, electionDeadlineMs }, hardState);
}

/** A new term and the vote for itself, in one record (section 5.2). */
export function becomeCandidate(state: RaftState): void {
  const electionDeadlineMs = randomElectionDeadlineMs(state);
  const currentTerm = Term(state.hardState.currentTerm + 1);
  const votedFor = state.config.nodeId;
  enter(
    state,
    { role: "candidate", votes: new Set(), electionDeadlineMs },
    { currentTerm, votedFor },
  );
}

/**
 * The followers' logs are taken to end where this one does, until they say otherwise. A damaged
 * log may yet be cut: then they are asked about what is committed, and about nothing beyond.
 */
export function becomeLeader(state: RaftState): void {
  assert(state.outbox.isDurable(state.hardState), "a leader's own vote is on disk");
  assert(state.installing === undefined, "a leader has a log");
  const { commitIndex, log, nowMs } = state;
  const noopIndex = next(log.lastIndex);
  const repair = log.firstFaulty === undefined ? undefined : new Evidence();
  const nextIndex = repair === undefined ? noopIndex : next(commitIndex);
  const followers = new Map<NodeId, Progress>();
  for (const peer of state.peers.keys())
    followers.set(peer, new Progress(nextIndex, nowMs, log.firstIndex));
  enter(
    state,
    {
      role: "leader",
      noopIndex,
      repair,
      faultySinceMs: nowMs,
      ready: false,
      followers,
      reads: new ReadRounds(),
      uncommitted: new UncommittedBytes(),
      heartbeatDueMs: state.nowMs + state.config.heartbeatIntervalMs,
      commitNoticeDueMs: undefined,
    },
    state.hardState,
  );
}

/** Gives this term's one vote; durable before anybody learns of it (section 5.2). */
export function castVote(state: RaftState, candidateId: NodeId): void {
  const { role, hardState } = state;
  assert(role.role === "follower", "only a follower votes for another");
  assert(hardState.votedFor === undefined || hardState.votedFor === candidateId, "one vote a term");
  role.electionDeadlineMs = randomElectionDeadlineMs(state);
  if (hardState.votedFor === candidateId) return;
  const writable: Writable = state;
  writable.hardState = { ...hardState, votedFor: candidateId };
}

/** A reply or request of a newer term ends whatever this node was (section 5.1). */
export function observeTerm(state: RaftState, term: Term): void {
  if (term > state.hardState.currentTerm) becomeFollower(state, term, undefined);
}
