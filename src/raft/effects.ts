import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { TraceEventName, TraceFacts } from "../common/trace.ts";
import type { Message } from "./messages.ts";
import type { EntryId, HardState, RejectReason, Role } from "./types.ts";

/** Everything the core can ask for. The runner carries effects out in list order. */
export type Effect =
  /**
   * Write and sync term and vote, as one record; answer `hardStatePersisted`. Nothing else waits
   * for it: the core itself holds back every message that could reveal it (`docs/effects.md`).
   */
  | { readonly type: "persistHardState"; readonly hardState: HardState }
  /** Drop entries from `from` on, durably, before anything later in the list is written. */
  | { readonly type: "truncateSuffix"; readonly from: LogIndex }
  /**
   * Write entries first..last and, once synced, answer `entriesPersisted`.
   * `noop`: stamp one no-op. `proposals`: stamp the accepted head of the group being stepped.
   * `leader`: take them, byte for byte, from the AppendEntries being stepped.
   */
  | {
      readonly type: "appendEntries";
      readonly first: LogIndex;
      readonly last: EntryId;
      readonly source: "noop" | "proposals" | "leader";
    }
  | { readonly type: "send"; readonly to: NodeId; readonly message: Message }
  /**
   * Send AppendEntries with frames after `prev`: at most `maxBytes` of them, though one frame alone
   * may exceed it. Answer `sent`, always and once.
   */
  | {
      readonly type: "sendEntries";
      readonly to: NodeId;
      readonly term: Term;
      readonly prev: EntryId;
      readonly maxBytes: number;
      readonly leaderCommit: LogIndex;
      readonly readRound: number;
    }
  /**
   * What `to` lacks lies before this log: send it a snapshot. Answer `snapshotSent`, always and
   * once; until then there is no second one for `to` in this term.
   */
  | { readonly type: "sendSnapshot"; readonly to: NodeId; readonly term: Term }
  /**
   * Put the staged snapshot, of the InstallSnapshot being stepped, in the place of the whole log.
   * With `keepSuffix` it takes the place of all up to `last`, which the log holds, and what follows
   * stays. Answer `snapshotInstalled`; until then nothing is appended, cut or committed.
   */
  | { readonly type: "installSnapshot"; readonly last: EntryId; readonly keepSuffix: boolean }
  /** The snapshot of the InstallSnapshot being stepped is old, or held already: drop it. */
  | { readonly type: "discardSnapshot"; readonly last: EntryId }
  /** commitIndex advanced to (index, term): all up to it may be applied and acknowledged. */
  | { readonly type: "commit"; readonly index: LogIndex; readonly term: Term }
  /** Proposals from position `from` of the group being stepped on were not taken. */
  | {
      readonly type: "rejectProposals";
      readonly from: number;
      readonly reason: RejectReason;
      readonly leaderId: NodeId | undefined;
    }
  | { readonly type: "readReady"; readonly requestId: number; readonly index: LogIndex }
  | {
      readonly type: "readRejected";
      readonly requestId: number;
      readonly reason: RejectReason;
      readonly leaderId: NodeId | undefined;
    }
  /** Role, term or known leader changed. Leaving `leader` makes every pending append `unknown`. */
  | {
      readonly type: "stateChanged";
      readonly role: Role;
      readonly term: Term;
      readonly leaderId: NodeId | undefined;
    }
  /** Wake the core with `timedOut` at `atMs`; replaces the earlier deadline. */
  | { readonly type: "setDeadline"; readonly atMs: number }
  | { readonly type: "trace"; readonly event: TraceEventName; readonly facts: TraceFacts };
