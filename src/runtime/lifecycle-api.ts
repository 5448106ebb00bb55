import type { LogIndex, NodeId, Offset } from "../common/brand.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import type { CompactedDamage } from "../storage/compaction/types.ts";
import type { SegmentStatus } from "../storage/types.ts";

/** Why a segment is still there, or when it goes: closed list, told by `segments info`. */
export const SEGMENT_REASONS = [
  "active",
  "not sealed yet",
  "no snapshot covers it",
  "retained",
  "held back for a follower",
  "pinned by a transfer",
  "waits for compaction",
  "compacted",
  "goes next",
] as const;
export type SegmentReason = (typeof SEGMENT_REASONS)[number];

export interface SegmentOutlook {
  readonly segment: SegmentStatus;
  readonly reason: SegmentReason;
  /** One sentence with the numbers: `retention.bytes keeps 8 MiB, 3.1 MiB are newer`. */
  readonly explanation: string;
  /** When it will go by age; absent when nothing is known of it. */
  readonly goesAtWallMs: number | undefined;
}

export interface SnapshotStatus {
  /** S as this node has applied it, or as it is recorded here; 0: none. */
  readonly index: LogIndex;
  readonly checkpoints: readonly {
    readonly file: string;
    readonly index: LogIndex;
    readonly bytes: number;
    readonly damage: string | undefined;
  }[];
  /** What is damaged of the compacted prefix: never served, and mended from other nodes. */
  readonly damaged: readonly CompactedDamage[];
  /** Transfers to followers, and to this node. */
  readonly transfers: readonly {
    readonly peer: NodeId;
    readonly direction: "sending" | "receiving";
    readonly bytes: number;
    readonly totalBytes: number;
  }[];
}

/**
 * What operators ask of a node about the life of its log; changes are asked of the leader and
 * resolve when they are applied. All promises reject with LogError only.
 */
export interface LifecycleApi {
  /** Replaces the given settings; answers all of them as applied. */
  changeSettings(changes: Partial<LogSettings>): Promise<LogSettings>;
  /** The settings in force; absent before the first leader fixed them. */
  settings(): LogSettings | undefined;
  /** Moves the log start: at most to the high watermark, never back. Answers the new one. */
  trim(beforeOffset: Offset): Promise<Offset>;
  /** Rolls where needed and marks the newest seal; answers its index. */
  triggerSnapshot(): Promise<LogIndex>;
  /** Starts a new segment unless the active one is empty; answers its first index. */
  roll(): Promise<LogIndex>;
  /** Compacted segments first, then those of the log, oldest first. */
  outlook(): readonly SegmentOutlook[];
  snapshots(): SnapshotStatus;
}
