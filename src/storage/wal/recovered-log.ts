import type { LogStart } from "../snapshots/types.ts";
import type { FaultyEntry, LogTail } from "../types.ts";
import type { SegmentList } from "./segment-list.ts";
import type { TermRuns } from "./term-runs.ts";

/** What recovery hands over: all of it is durable. */
export interface RecoveredLog {
  readonly segments: SegmentList;
  readonly terms: TermRuns;
  /** What the first entry held builds on. */
  readonly start: LogStart;
  readonly tail: LogTail;
  /** Damaged entries; each has kept its identity. */
  readonly faulty: readonly FaultyEntry[];
}
