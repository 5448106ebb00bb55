import type { CompactionCounters } from "./types.ts";

export const NO_RUNS: CompactionCounters = {
  runs: 0,
  skipped: 0,
  bytesRead: 0,
  bytesWritten: 0,
  bytesFolded: 0,
  recordsDropped: 0,
};

/** `sum` and one run more. */
export function withRun(
  sum: CompactionCounters,
  run: Omit<CompactionCounters, "runs" | "skipped">,
): CompactionCounters {
  return {
    runs: sum.runs + 1,
    skipped: sum.skipped,
    bytesRead: sum.bytesRead + run.bytesRead,
    bytesWritten: sum.bytesWritten + run.bytesWritten,
    bytesFolded: sum.bytesFolded + run.bytesFolded,
    recordsDropped: sum.recordsDropped + run.recordsDropped,
  };
}
