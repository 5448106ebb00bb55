import type { NodeId, Term } from "../common/brand.ts";
import type { EntryId } from "../raft/types.ts";

/** What a leader offers a follower that is too far behind (section 7; docs/log-life.md). */
export interface SnapshotOffer {
  readonly term: Term;
  readonly leaderId: NodeId;
  /** Last entry that the snapshot covers. */
  readonly last: EntryId;
  readonly totalBytes: number;
  /** SHA-256 of the whole content, in hex: a transfer is resumed only under the same one. */
  readonly hash: string;
}

/** What the receiver has staged of an earlier transfer; it speaks first. */
export interface StagedSnapshot {
  readonly hash: string;
  readonly bytes: number;
}

/** The sender's content, read piece by piece. */
export interface SnapshotSource {
  readonly offer: SnapshotOffer;
  /** At most `maxBytes` from `position` on; never empty below `totalBytes`. */
  read(position: number, maxBytes: number): Promise<Uint8Array>;
  /** Told as pieces are acknowledged. */
  progressed(bytes: number): void;
}

/** The receiver's end of one transfer. Calls come one after the other. */
export interface SnapshotSink {
  /** Bytes that need not be sent again: 0 unless the hash is that of what was staged. */
  readonly position: number;
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** All of it is here. Resolves when it is verified, synced and handed to the core. */
  finish(): Promise<void>;
  /** The stream ended before it was whole: what is staged stays for the next attempt. */
  abandon(): void;
}
