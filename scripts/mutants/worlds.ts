import type { FixedSizes } from "./mutant.ts";

/** Every log lets segments go, soon after they are sealed. */
export const TRIMMED: FixedSizes = {
  life: true,
  segmentBytes: 1024,
  settings: { cleanupPolicy: "delete", retentionBytes: 1024 },
};

const COMPACTS = {
  cleanupPolicy: "compact",
  snapshotMaxRecordBytes: 1024,
  snapshotMaxIntervalMs: 1000,
  minCleanableDirtyRatio: 0,
} as const;

/** Every log is compacted, all of it at each snapshot. */
export const COMPACTED: FixedSizes = {
  life: true,
  keys: 8,
  segmentBytes: 1024,
  settings: { ...COMPACTS, compactionStrategy: "key" },
};

/** Every log is compacted tier by tier, and deletions may go at once. */
export const COMPACTED_IN_TIERS: FixedSizes = {
  life: true,
  keys: 30,
  segmentBytes: 1024,
  settings: { ...COMPACTS, compactionStrategy: "tiered", deleteRetentionMs: 0 },
};
