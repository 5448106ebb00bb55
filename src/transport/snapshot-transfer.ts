import type { NodeId, Term } from "../common/brand.ts";
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_WINDOW_BYTES } from "../common/limits.ts";
import type { EntryId } from "../raft/types.ts";

/** What a leader offers a follower that is too far behind (section 7; docs/log-life.md). */
export interface SnapshotOffer {
  readonly term: Term;
  /** The sender; or the receiver, that asked for an entry which its follower has let go of. */
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
  /** Told as pieces are acknowledged: all up to `position` is with the receiver. */
  progressed(position: number): void;
}

/** The receiver's end of one transfer. Calls come one after the other. */
export interface SnapshotSink {
  /**
   * Bytes that need not be sent again: what was staged under the offer's hash, else 0. At
   * `totalBytes` the next call is `finish`: all of it was staged, or none of it is needed.
   */
  readonly position: number;
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** All of it is here. Resolves when it is verified, synced and handed to the core. */
  finish(): Promise<void>;
  /** The stream ended before `finish` resolved: what is staged stays for the next attempt. */
  abandon(): void;
}

/** What a sender says, in this order: the offer once, then chunks. */
export type SnapshotRequest =
  | { readonly kind: "offer"; readonly offer: SnapshotOffer }
  | {
      readonly kind: "chunk";
      readonly position: number;
      readonly bytes: Uint8Array;
      readonly crc32: number;
    };

/** What a receiver says: what is staged, once; then how far it is; at the end that it is done. */
export type SnapshotResponse =
  | { readonly kind: "staged"; readonly staged: StagedSnapshot | undefined }
  | { readonly kind: "acknowledged"; readonly position: number }
  | { readonly kind: "done" };

/** How much is on its way at a time. */
export interface TransferWindow {
  readonly chunkBytes: number;
  /** Sent and not acknowledged; at least one chunk. */
  readonly windowBytes: number;
}

export const TRANSFER_WINDOW: TransferWindow = {
  chunkBytes: SNAPSHOT_CHUNK_BYTES,
  windowBytes: SNAPSHOT_WINDOW_BYTES,
};
