import type { LogSettings } from "../../statemachine/settings.ts";
import { badCombination } from "../../statemachine/settings-codec.ts";
import type { Settings } from "./schema.ts";

/** The key under which each replicated setting is configured. */
export const SETTING_KEYS = {
  segmentBytes: "log.segment.bytes",
  segmentMs: "log.segment.ms",
  retentionMs: "log.retention.ms",
  retentionBytes: "log.retention.bytes",
  cleanupPolicy: "log.cleanup.policy",
  compactionStrategy: "log.compaction.strategy",
  minCleanableDirtyRatio: "log.min.cleanable.dirty.ratio",
  minCompactionLagMs: "log.min.compaction.lag.ms",
  deleteRetentionMs: "log.delete.retention.ms",
  snapshotMaxRecordBytes: "snapshot.max.record.bytes.between",
  snapshotMaxIntervalMs: "snapshot.max.interval",
} as const satisfies Record<keyof LogSettings, keyof Settings>;

/** What this node proposes if it is the first leader. */
export function logSettingsOf(settings: Settings): LogSettings {
  return {
    segmentBytes: settings["log.segment.bytes"],
    segmentMs: settings["log.segment.ms"],
    retentionMs: settings["log.retention.ms"],
    retentionBytes: settings["log.retention.bytes"],
    cleanupPolicy: settings["log.cleanup.policy"],
    compactionStrategy: settings["log.compaction.strategy"],
    minCleanableDirtyRatio: settings["log.min.cleanable.dirty.ratio"],
    minCompactionLagMs: settings["log.min.compaction.lag.ms"],
    deleteRetentionMs: settings["log.delete.retention.ms"],
    snapshotMaxRecordBytes: settings["snapshot.max.record.bytes.between"],
    snapshotMaxIntervalMs: settings["snapshot.max.interval"],
  };
}

/** Settings that exclude one another, by the key to blame. */
export function settingsConflict(
  settings: Settings,
): { readonly key: string; readonly message: string } | undefined {
  const bad = badCombination(logSettingsOf(settings));
  return bad === undefined ? undefined : { key: SETTING_KEYS[bad.key], message: bad.message };
}
