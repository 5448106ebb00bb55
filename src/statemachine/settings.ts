import type { CompactionStrategy } from "../common/compaction-strategies.ts";

export const CLEANUP_POLICIES = ["delete", "compact", "compact,delete"] as const;
/** Who lets sealed segments go: retention, compaction, or both (docs/log-life.md). */
export type CleanupPolicy = (typeof CLEANUP_POLICIES)[number];

/** The replicated settings that shape the log; what `control: settings` carries. */
export interface LogSettings {
  /** `segment.bytes`: an entry that would pass it starts a new segment. */
  readonly segmentBytes: number;
  /** `segment.ms`: an entry stamped this much after the segment's first starts a new one. */
  readonly segmentMs: number | undefined;
  /** `retention.ms`: segments whose newest record is older go. Absent: age lets none go. */
  readonly retentionMs: number | undefined;
  /** `retention.bytes`: the oldest go while the rest still holds this much. Absent: unlimited. */
  readonly retentionBytes: number | undefined;
  readonly cleanupPolicy: CleanupPolicy;
  /** `snapshot.max.record.bytes.between`: frame bytes since the last one that ask for the next. */
  readonly snapshotMaxRecordBytes: number;
  /** `snapshot.max.interval`: so long after the last one a snapshot is asked for anyway. */
  readonly snapshotMaxIntervalMs: number;
  /** `min.cleanable.dirty.ratio`: share of the log that must be new before it is compacted. */
  readonly minCleanableDirtyRatio: number;
  /** `delete.retention.ms`: how long a tombstone outlives the snapshot that first covered it. */
  readonly deleteRetentionMs: number;
  /** `min.compaction.lag.ms`: younger records are not compacted away. */
  readonly minCompactionLagMs: number;
  readonly compactionStrategy: CompactionStrategy;
}

/** What holds where nothing else is said; also what entries of older versions leave out. */
export const DEFAULT_LOG_SETTINGS: LogSettings = {
  segmentBytes: 64 << 20,
  segmentMs: undefined,
  retentionMs: undefined,
  retentionBytes: undefined,
  cleanupPolicy: "delete",
  snapshotMaxRecordBytes: 20 << 20,
  snapshotMaxIntervalMs: 3_600_000,
  minCleanableDirtyRatio: 0.5,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  compactionStrategy: "key",
};

export function compacts({ cleanupPolicy }: LogSettings): boolean {
  return cleanupPolicy !== "delete";
}

export function deletes({ cleanupPolicy }: LogSettings): boolean {
  return cleanupPolicy !== "compact";
}
