import type { TraceEventName } from "../../common/trace.ts";
import type { Bounded, Fault, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import type { Findings } from "./violation.ts";

export const bounds = defineCheck({
  id: "K18",
  name: "bounds",
  sentence:
    "No node ever holds more than its limits allow, no process ends unprovoked, and no entry is " +
    "found damaged where nothing harmed the disk.",
  unseen: (record) => [
    ...(record.bounds === undefined || record.bounds.samples.length === 0
      ? ["nobody measured what the nodes held"]
      : []),
    ...(record.faults === undefined
      ? ["no faults are noted: only halts over a broken invariant are judged"]
      : []),
    ...(record.trace.length === 0 ? ["there is no trace: halts are not judged"] : []),
  ],
  look(record, found) {
    lookAtSamples(record, found);
    lookAtHalts(record, found);
  },
});

function lookAtSamples({ bounds: measured }: RunRecord, found: Findings): void {
  if (measured === undefined) return;
  for (const { nodeId, timeMs, held } of measured.samples)
    for (const [name, amount] of Object.entries(held)) {
      const limit = measured.limits[name as Bounded];
      if (limit !== undefined && amount > limit)
        found.add(`${nodeId} has ${amount} ${name}; its limit is ${limit}`, {
          timeMs,
          nodes: [nodeId],
        });
    }
}

/** What happens to nobody whose disk is whole. */
const UNPROVOKED: ReadonlySet<TraceEventName> = new Set<TraceEventName>([
  "node.halted",
  "entry.damaged",
  "snapshot.damaged",
]);

/**
 * Faults that a process may end by, and that harm nothing that it kept: an operation that failed,
 * and rot in what was staged only, which is compared with its hashes before it is taken in.
 */
const ENDS_ONLY: ReadonlySet<string> = new Set([
  "write-error",
  "sync-error",
  "read-error",
  "full-disk",
  "incoming-rot",
]);

/**
 * A broken invariant is never excused. Any other end, and damage, needs a fault that explains it:
 * a crash leaves torn entries, and what takes them for damaged has written in the wrong order, or
 * has believed in a sync that failed.
 */
function lookAtHalts({ faults, trace }: RunRecord, found: Findings): void {
  for (const { event, node, time, facts } of trace) {
    if (!UNPROVOKED.has(event)) continue;
    const { kind, reason, index } = facts;
    const explains = ({ kind: fault, atMs, mayHalt }: Fault): boolean =>
      atMs <= time &&
      mayHalt?.includes(node) === true &&
      (event === "node.halted" || !ENDS_ONLY.has(fault));
    const excused = faults?.some(explains) ?? true;
    if (kind !== "invariant" && excused) continue;
    const damaged = event === "entry.damaged" ? `entry ${index}` : `${facts["file"]}`;
    const what =
      event === "node.halted"
        ? `has halted (${kind}): ${reason}`
        : `finds ${damaged} damaged, and nothing has harmed its disk`;
    found.add(`${node} ${what}`, { timeMs: time, nodes: [node] });
  }
}
