import type { Bounded, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import type { Findings } from "./violation.ts";

export const bounds = defineCheck({
  id: "K18",
  name: "bounds",
  sentence: "No node ever holds more than its limits allow, and no process ends unprovoked.",
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

/** A broken invariant is never excused; any other end needs a fault that explains it. */
function lookAtHalts({ faults, trace }: RunRecord, found: Findings): void {
  for (const { event, node, time, facts } of trace) {
    if (event !== "node.halted") continue;
    const { kind, reason } = facts;
    const excused =
      faults === undefined ||
      faults.some(({ atMs, mayHalt }) => atMs <= time && mayHalt?.includes(node) === true);
    if (kind !== "invariant" && excused) continue;
    found.add(`${node} has halted (${kind}): ${reason}`, { timeMs: time, nodes: [node] });
  }
}
