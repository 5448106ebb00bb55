import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { ClusterLogs, factOf, withoutLogTrace } from "./cluster-logs.ts";
import { logPairs } from "./log-pairs.ts";
import { NodeLog } from "./node-log.ts";
import type { Findings } from "./violation.ts";

export const stateMachineSafety = defineCheck({
  id: "F5",
  name: "state machine safety",
  sentence: "No two nodes ever apply different entries at one index (Figure 3).",
  unseen: (record) => [
    ...withoutLogTrace(record),
    ...(record.trace.some(({ event }) => event === "entry.applied")
      ? []
      : ["the trace does not tell what was applied (`traceDetails`)"]),
  ],
  look(record, found) {
    lookAtTrace(record, found);
    logPairs(record.logs, (entry, twin, nodes) => {
      if (entry.term !== twin.term)
        found.add(
          `entry ${entry.index} is of term ${entry.term} on ${nodes[0]} and of term ` +
            `${twin.term} on ${nodes[1]}`,
          { index: entry.index, nodes },
        );
    });
  },
});

/** What has been committed anywhere, entry by entry; it only grows. */
interface Agreed {
  readonly log: NodeLog;
  /** Who applied or committed up to there first; for the message. */
  by: NodeId;
}

function lookAtTrace({ trace }: RunRecord, found: Findings): void {
  const logs = new ClusterLogs();
  const agreed: Agreed = { log: new NodeLog(), by: "" };
  for (const event of trace) {
    logs.follow(event);
    if (event.event !== "entry.committed" && event.event !== "entry.applied") continue;
    const [index, ofTerm] = [factOf(event, "index"), factOf(event, "ofTerm")];
    if (index !== undefined && ofTerm !== undefined)
      agree(agreed, event, { index, ofTerm, log: logs.of(event.node) }, found);
  }
}

/** That the entries before are the same where this one is: see log matching. */
function agree(
  agreed: Agreed,
  { event, node, time }: TraceEvent,
  here: { readonly index: number; readonly ofTerm: number; readonly log: NodeLog },
  found: Findings,
): void {
  const { lastIndex, lastTerm } = agreed.log;
  const index = Math.min(here.index, lastIndex);
  const known = here.index <= lastIndex ? agreed.log.termAt(index) : lastTerm;
  const own = here.index <= lastIndex ? here.ofTerm : here.log.termAt(lastIndex);
  if (known !== undefined && own !== undefined && known !== own && known >= 0)
    found.add(
      `${node} has ${event === "entry.applied" ? "applied" : "committed"} entry ${index} of term ` +
        `${own}, and ${agreed.by} one of term ${known}`,
      { index, term: own, timeMs: time, nodes: [agreed.by, node] },
    );
  if (here.index <= lastIndex) return;
  for (const { term, first, last } of here.log.runs(lastIndex + 1, here.index))
    agreed.log.append(first, last, term);
  if (agreed.log.lastIndex < here.index) agreed.log.append(here.index, here.index, here.ofTerm);
  agreed.by = node;
}
