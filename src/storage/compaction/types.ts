import type { LogIndex, Offset } from "../../common/brand.ts";
import type { FrameRun, SegmentStatus } from "../types.ts";

export const COMPACTION_STRATEGIES = ["key", "merge", "time-window", "tiered"] as const;
export type CompactionStrategy = (typeof COMPACTION_STRATEGIES)[number];

/** Decides which records survive. Ages count from `snapshotTimestamp`: a function of the log. */
export interface CompactionRules {
  readonly strategy: CompactionStrategy;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
}

/** One snapshot to compact up to. */
export interface CompactionOrder {
  /** Last index of a sealed segment. */
  readonly index: LogIndex;
  /** Timestamp of the `control: snapshot` entry that ordered it. */
  readonly snapshotTimestamp: number;
  readonly logStartOffset: Offset;
  readonly rules: CompactionRules;
}

/** A record as compaction sees it: `bytes` is its encoding inside a batch, copied as it is. */
export interface KeyedRecord {
  readonly key: Uint8Array | undefined;
  /** It has no value: it deletes its key. */
  readonly tombstone: boolean;
  readonly bytes: Uint8Array;
}

/** The storage knows nothing of batches: the runtime lends it this (wire/record-batch). */
export interface BatchCodec {
  split(payload: Uint8Array): readonly KeyedRecord[];
  join(records: readonly KeyedRecord[]): Uint8Array;
}

/** Records read from the compacted prefix; offsets have holes. */
export interface CompactedRun {
  readonly run: FrameRun;
  /** Where to go on: the offset after the last frame, holes behind it skipped. */
  readonly nextOffset: Offset;
}

/** What compaction has done so far, for status and metrics. */
export interface CompactionCounters {
  readonly runs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly recordsDropped: number;
}

/** The compacted prefix of a log: everything up to `upTo`, newest record per key. */
export interface CompactedPrefix {
  /** Index 0 and offset 0 before the first compaction. */
  readonly upTo: { readonly index: LogIndex; readonly nextOffset: Offset };
  readonly counters: CompactionCounters;
  segments(): readonly SegmentStatus[];
  /** Surviving frames from `from` on, which is below `upTo.nextOffset`. */
  read(from: Offset, maxBytes: number): Promise<CompactedRun>;
  /** First surviving offset stamped at or after `timestamp`; absent when there is none here. */
  locateTime(timestamp: number): Promise<Offset | undefined>;
  /** Drops compacted segments wholly below `offset`. */
  trim(offset: Offset): Promise<void>;
}
