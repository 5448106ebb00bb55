import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { EntryId, TermRun } from "./types.ts";

/** RequestVote RPC (section 5.2); with `preVote` nothing is persisted (thesis 9.6). */
export interface RequestVote {
  readonly type: "RequestVote";
  /** The candidate's term; with `preVote` the term it would stand in. */
  readonly term: Term;
  readonly candidateId: NodeId;
  readonly lastLogIndex: LogIndex;
  readonly lastLogTerm: Term;
  readonly preVote: boolean;
}

export interface RequestVoteResult {
  readonly type: "RequestVoteResult";
  /** The voter's currentTerm; for a granted pre-vote, the term that was asked for. */
  readonly term: Term;
  readonly voteGranted: boolean;
  readonly preVote: boolean;
}

/** AppendEntries RPC (section 5.3). The frames travel beside it; the core sees their terms only. */
export interface AppendEntries {
  readonly type: "AppendEntries";
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly prevLogIndex: LogIndex;
  readonly prevLogTerm: Term;
  /** Terms of the entries that follow prevLogIndex; empty in a heartbeat. */
  readonly entries: readonly TermRun[];
  readonly leaderCommit: LogIndex;
  /** Highest ReadIndex round started (thesis 6.4); echoed in the result. */
  readonly readRound: number;
}

/** Why an AppendEntries did not match: where to go back to (end of section 5.3). */
export interface AppendConflict {
  /** The prevLogIndex that was refused: tells a stale rejection from a fresh one. */
  readonly prevLogIndex: LogIndex;
  /** Term of the follower's entry at prevLogIndex; absent when its log is shorter. */
  readonly conflictTerm: Term | undefined;
  /** First index of that term, or the index after the follower's last entry. */
  readonly conflictIndex: LogIndex;
}

/** Always a sign of life (`contact`); `matchIndex` counts only what is durable and verified. */
export interface AppendEntriesResult {
  readonly type: "AppendEntriesResult";
  readonly term: Term;
  /** min(durable, verified against the leader of `term`): never beyond what was synced. */
  readonly matchIndex: LogIndex;
  readonly conflict: AppendConflict | undefined;
  readonly readRound: number;
  /** The sender's disk is nearly full: its leader counts with that before it takes appends. */
  readonly diskLow: boolean;
  /** Lowest damaged entry, unless a snapshot is being installed: all before it is on disk. */
  readonly firstFaulty?: LogIndex | undefined;
}

/** A follower asks the leader for a read index on behalf of its clients (thesis 6.4). */
export interface ReadIndex {
  readonly type: "ReadIndex";
  readonly term: Term;
  readonly requestId: number;
}

export interface ReadIndexResult {
  readonly type: "ReadIndexResult";
  readonly term: Term;
  readonly requestId: number;
  /** Absent: the receiver cannot say (not the leader any more); ask again. */
  readonly readIndex: LogIndex | undefined;
}

/**
 * InstallSnapshot RPC (section 7). The content travels beside the core: the receiver's runtime says
 * this when it has staged and verified all of it. It never goes through `send`.
 */
export interface InstallSnapshot {
  readonly type: "InstallSnapshot";
  readonly term: Term;
  /** The sender, or the receiver: then a follower gives its leader what it asked for in vain. */
  readonly leaderId: NodeId;
  /** Last entry that the snapshot covers: committed at the sender. */
  readonly last: EntryId;
  /** Nothing was staged: when it was offered, the log held all of it, whole and committed. */
  readonly held?: boolean;
}

/** What the core can be told to send. */
export type Message =
  | RequestVote
  | RequestVoteResult
  | AppendEntries
  | AppendEntriesResult
  | ReadIndex
  | ReadIndexResult;

/** What the core can hear from a peer. */
export type ReceivedMessage = Message | InstallSnapshot;
