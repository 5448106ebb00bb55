import type { LogIndex, Offset } from "../../common/brand.ts";
import type { EntryId } from "../../raft/types.ts";

/** Where a log begins when what came before it is gone: the entry before the first one held. */
export interface LogStart {
  readonly last: EntryId;
  /** Offset of the next record. */
  readonly nextOffset: Offset;
  readonly chain: number;
  readonly timestamp: number;
}

/** A checkpoint: the log's end at a seal, and the small state there, opaque to the storage. */
export interface Checkpoint {
  readonly start: LogStart;
  readonly state: Uint8Array;
}

export interface CheckpointStatus {
  readonly file: string;
  readonly index: LogIndex;
  readonly bytes: number;
  /** Why it cannot be used; absent while it is intact as far as is known. */
  readonly damage: string | undefined;
}

/** The checkpoints in `snapshots/`. Absent and damaged are different answers everywhere. */
export interface CheckpointStore {
  /** Oldest first. */
  list(): readonly CheckpointStatus[];
  /** The newest intact one with an index of at most `atMost`. */
  newest(atMost: LogIndex): Promise<Checkpoint | undefined>;
  /** @returns absent when there is none at `index`. @throws LogError CORRUPT naming the file. */
  read(index: LogIndex): Promise<Checkpoint | undefined>;
  /** The file's bytes, verified: what InstallSnapshot sends. @throws LogError CORRUPT. */
  readFile(index: LogIndex): Promise<Uint8Array>;
  /** Written aside, synced, renamed, directory synced; a damaged one of that index is replaced. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Removes all but those that `keeps`; damaged ones stay until one of their index is saved. */
  prune(keeps: (index: LogIndex) => boolean): Promise<void>;
}
