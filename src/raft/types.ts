import type { LogIndex, NodeId, Term } from "../common/brand.ts";

/** What names an entry for Raft. Equal ids under equal history mean equal entries (section 5.3). */
export interface EntryId {
  readonly index: LogIndex;
  readonly term: Term;
}

/** Consecutive entries of one term; lists of runs replace the log inside the core. */
export interface TermRun {
  readonly term: Term;
  readonly count: number;
}

/** What must be on disk before anybody may learn of it (Figure 2, persistent state). */
export interface HardState {
  readonly currentTerm: Term;
  readonly votedFor: NodeId | undefined;
}

/** The log as the core sees it: which term each index has, and no payloads. */
export interface LogTerms {
  /** The entry before the first one held: (0, 0) unless the prefix was truncated. */
  readonly prev: EntryId;
  /** Terms of the entries after `prev`, in order. */
  readonly runs: readonly TermRun[];
}

/** Who takes part. */
export interface Membership {
  readonly voters: readonly NodeId[];
}

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** Why the core refused a proposal or a read. */
export type RejectReason =
  | "notLeader"
  | "leaderNotReady"
  | "storageFull"
  | "backpressure"
  | "steppedDown";
