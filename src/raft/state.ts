import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { Random } from "../common/random.ts";
import type { RaftConfig } from "./config.ts";
import type { DiskWatch } from "./disk-watch.ts";
import type { Evidence } from "./evidence.ts";
import type { LogView } from "./log-view.ts";
import type { Outbox } from "./outbox.ts";
import type { Progress } from "./progress.ts";
import type { ForwardedReads } from "./forwarded-reads.ts";
import type { ReadRounds } from "./read-rounds.ts";
import type { EntryId, HardState } from "./types.ts";
import type { UncommittedBytes } from "./uncommitted-bytes.ts";

/** Another configured voter. */
export interface Peer {
  /** False while it runs on a disk that the cluster does not know: nothing it says counts. */
  admitted: boolean;
  /** Term of this node's leadership in which it denied what it had acknowledged: not counted. */
  forgotIn: Term | undefined;
}

/** The leader a follower follows, and what holds for this leader in this term only. */
export interface FollowedLeader {
  readonly leaderId: NodeId;
  contactMs: number;
  /** False between the close of its stream and its next message. */
  streamOpen: boolean;
  /** Entries up to here are known to be the same as the leader's (section 5.3). */
  verifiedIndex: LogIndex;
  /** Highest ReadIndex round heard from it. */
  readRound: number;
  /** When, and with which match, it was answered last. */
  repliedMs: number | undefined;
  repliedMatch: LogIndex;
  readonly reads: ForwardedReads;
}

export interface FollowerState {
  readonly role: "follower";
  readonly leader: FollowedLeader | undefined;
  electionDeadlineMs: number;
}

export interface PreCandidateState {
  readonly role: "preCandidate";
  readonly votes: Set<NodeId>;
  /** Asked and not answered so far: they will give way, should they ask and be outranked. */
  readonly yielding: Set<NodeId>;
  readonly electionDeadlineMs: number;
}

export interface CandidateState {
  readonly role: "candidate";
  readonly votes: Set<NodeId>;
  readonly electionDeadlineMs: number;
}

export interface LeaderState {
  readonly role: "leader";
  /** Index of the no-op that begins this term; while the log is repaired, past its end. */
  noopIndex: LogIndex;
  /** Set until the log is whole: no no-op, no appends, nothing replicated before. */
  repair: Evidence | undefined;
  /** When this leadership began, or its lowest faulty entry changed last. */
  faultySinceMs: number;
  /** The no-op is applied: appends are taken. */
  ready: boolean;
  readonly followers: ReadonlyMap<NodeId, Progress>;
  readonly reads: ReadRounds;
  readonly uncommitted: UncommittedBytes;
  heartbeatDueMs: number;
  /** When followers that would hear nothing else are told the new commitIndex. */
  commitNoticeDueMs: number | undefined;
}

/** Fields of a role exist only in that role. */
export type RoleState = FollowerState | PreCandidateState | CandidateState | LeaderState;

/** Last entry of a snapshot, and whether what the log holds after it stays. */
export interface Installing extends EntryId {
  readonly keepSuffix: boolean;
}

/** All of one node's consensus. Role and hard state are written by `transitions.ts` alone. */
export interface RaftState {
  readonly config: RaftConfig;
  readonly random: Random;
  readonly log: LogView;
  readonly outbox: Outbox;
  readonly disk: DiskWatch;
  readonly peers: ReadonlyMap<NodeId, Peer>;
  readonly hardState: HardState;
  readonly role: RoleState;
  nowMs: number;
  commitIndex: LogIndex;
  appliedIndex: LogIndex;
  /** The snapshot that takes the log's place, or its prefix's, just now: nothing else is taken. */
  installing: Installing | undefined;
  /** The deadline the runner was last asked to wake the core at, until it did. */
  armedMs: number | undefined;
}
