import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { ReceivedMessage } from "./messages.ts";
import type { EntryId, HardState, LogTerms } from "./types.ts";

/** Size of one proposed entry's frame; the payload stays outside the core. */
export interface Proposal {
  readonly bytes: number;
  /** It leads to free space: taken although the disks are full, out of what is held back. */
  readonly makesRoom?: boolean;
}

/** Everything that can happen to the core. Time comes beside the event, never from inside. */
export type RaftEvent =
  /** First event of a boot: what was found on disk; durable as far as it is not damaged. */
  | {
      readonly type: "started";
      readonly hardState: HardState;
      readonly log: LogTerms;
      /** Lowest damaged entry: it and all after it keep their terms and count for nothing. */
      readonly firstFaulty?: LogIndex | undefined;
      /** Last entry of the newest checkpoint: all up to it is committed and applied. */
      readonly committed?: LogIndex | undefined;
    }
  /** The deadline of the last `setDeadline` was reached. */
  | { readonly type: "timedOut" }
  | { readonly type: "received"; readonly from: NodeId; readonly message: ReceivedMessage }
  /** Clients' entries that arrived together: one append, one send per follower. */
  | { readonly type: "proposed"; readonly proposals: readonly Proposal[] }
  /** All entries up to `last` are synced. The term tells an older write of the same index apart. */
  | { readonly type: "entriesPersisted"; readonly last: EntryId }
  | { readonly type: "hardStatePersisted"; readonly hardState: HardState }
  /** Answers `sendEntries`: frames up to `last` left for `to`. `last` before `from` = none. */
  | {
      readonly type: "sent";
      readonly to: NodeId;
      readonly term: Term;
      readonly last: LogIndex;
      readonly bytes: number;
    }
  /** The log was cut in front; `last`, committed, is the entry before its first one now. */
  | { readonly type: "prefixTruncated"; readonly last: EntryId }
  /**
   * Answers `sendSnapshot`: the transfer ended, with all up to `last` at `to`. Absent: it failed,
   * and is asked for again with the next heartbeat if it is still needed.
   */
  | {
      readonly type: "snapshotSent";
      readonly to: NodeId;
      readonly term: Term;
      readonly last: EntryId | undefined;
    }
  /** Answers `installSnapshot`: the log is durable, begins after `last`, and is empty but for a
   * suffix that was to be kept. */
  | { readonly type: "snapshotInstalled"; readonly last: EntryId }
  /** The stream to or from `peer` broke: what was in flight is lost; stickiness to it ends. */
  | { readonly type: "streamClosed"; readonly peer: NodeId }
  /** Whether `peer` runs on the disk its cluster knows; if not, it is a non-voter. */
  | { readonly type: "peerAdmitted"; readonly peer: NodeId; readonly admitted: boolean }
  /** Entries up to `index` are applied; the leader takes appends once its no-op is. */
  | { readonly type: "applied"; readonly index: LogIndex }
  /** Damage was found, repaired or cut off: the lowest faulty entry now. */
  | { readonly type: "faultyChanged"; readonly first: LogIndex | undefined }
  /**
   * `peer` does not have `entry`, which is faulty here; it said so when its currentTerm was `term`
   * *on disk*. From one voter of every majority, in a leader's own term: never committed.
   */
  | {
      readonly type: "entryMissing";
      readonly peer: NodeId;
      readonly term: Term;
      readonly entry: EntryId;
    }
  /** Whether free space on this node's disk is below the mark. */
  | { readonly type: "diskSpaceChanged"; readonly low: boolean }
  /** A linearizable read waits for an index; answered by `readReady` or `readRejected`, always. */
  | { readonly type: "readRequested"; readonly requestId: number };
