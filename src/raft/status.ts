import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { EntryId, Role } from "./types.ts";

/** What a leader knows of one follower. */
export interface PeerProgressStatus {
  readonly peer: NodeId;
  /** `snapshot`: it lacks what lies before the leader's log. */
  readonly state: "probe" | "replicate" | "snapshot";
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  readonly lastContactMs: number | undefined;
  /** Counted: it is on its own disk, and has not denied what it had acknowledged. */
  readonly admitted: boolean;
  readonly diskLow: boolean;
}

/** A plain picture of the core, for `status`, invariants and tests. */
export interface RaftStatus {
  readonly nodeId: NodeId;
  readonly role: Role;
  readonly currentTerm: Term;
  readonly votedFor: NodeId | undefined;
  readonly leaderId: NodeId | undefined;
  /** The entry before the first one held: committed, and covered by a checkpoint. */
  readonly prev: EntryId;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** Last entry that counts as on disk: synced, and before any damage. */
  readonly durableIndex: LogIndex;
  /** Lowest damaged entry. */
  readonly firstFaulty: LogIndex | undefined;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** Last entry of the snapshot that is taking the place of the log, or of its prefix, just now. */
  readonly installing: (EntryId & { readonly keepSuffix: boolean }) | undefined;
  readonly uncommittedBytes: number;
  /** Leader whose no-op of this term is applied: it takes appends. */
  readonly ready: boolean;
  /** Leader that repairs its log before its no-op. */
  readonly repairing: boolean;
  readonly peers: readonly PeerProgressStatus[];
}
