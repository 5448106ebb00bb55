/** The named plans of compaction: which segments are rewritten together (docs/log-life.md). */
export const COMPACTION_STRATEGIES = ["key", "merge", "time-window", "tiered"] as const;
export type CompactionStrategy = (typeof COMPACTION_STRATEGIES)[number];
