import type { TraceEvent, TraceEventName } from "../../common/trace.ts";
import type { Expected, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";

/** What every run must have lived through, where its record does not say otherwise. */
const LEAST: Expected = { acknowledged: 1 };

const NAMES: Readonly<Record<keyof Expected, string>> = {
  acknowledged: "acknowledged appends",
  unknown: "appends of unknown outcome",
  reads: "answered reads",
  faults: "faults",
  leaderChanges: "leader changes",
  truncations: "truncated suffixes",
  snapshotInstalls: "installed snapshots",
  trims: "trims applied",
  compactions: "compactions",
};

/** A run in which nothing happened proves nothing. */
export const notEmpty = defineCheck({
  id: "K17",
  name: "not empty",
  sentence: "The run lived through what it must have lived through to prove anything.",
  unseen: () => [],
  look(record, found) {
    const seen = livedThrough(record);
    for (const [what, least] of Object.entries({ ...LEAST, ...record.expected })) {
      const name = what as keyof Expected;
      if (least !== undefined && seen[name] < least)
        found.add(
          `${seen[name]} ${NAMES[name]}; at least ${least} make a run that proves anything`,
        );
    }
  },
});

/** How much happened, for reports too. */
export function livedThrough(record: RunRecord): Readonly<Record<keyof Expected, number>> {
  const { appends, reads, trace } = record;
  const outcomes = (outcome: string): number =>
    appends.filter((append) => append.outcome === outcome).length;
  return {
    acknowledged: outcomes("acknowledged"),
    unknown: outcomes("unknown"),
    reads: reads.filter(({ answer }) => answer !== undefined).length,
    faults: record.faults?.length ?? 0,
    leaderChanges: Math.max(0, count(trace, "election.won") - 1),
    truncations: count(trace, "log.truncated"),
    snapshotInstalls: count(trace, "snapshot.installed"),
    trims: count(trace, "log.trimmed"),
    compactions: count(trace, "compaction.finished"),
  };
}

function count(trace: readonly TraceEvent[], name: TraceEventName): number {
  let times = 0;
  for (const { event } of trace) if (event === name) times++;
  return times;
}
