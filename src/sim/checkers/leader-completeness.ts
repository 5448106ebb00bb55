import type { NodeId } from "../../common/brand.ts";
import type { RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { ClusterLogs, factOf, withoutLogTrace } from "./cluster-logs.ts";
import type { NodeLog } from "./node-log.ts";

/** A log as it was when its node won. */
interface Elected {
  readonly node: NodeId;
  readonly term: number;
  readonly timeMs: number;
  readonly log: NodeLog;
}

/** The last entry that was known to be committed in a term; those before it follow from F3. */
interface Committed {
  readonly index: number;
  readonly ofTerm: number;
}

/**
 * Judged at the end and not at the election: a leader of an older term may learn only later that a
 * majority had its entry when the newer one was elected.
 */
export const leaderCompleteness = defineCheck({
  id: "F4",
  name: "leader completeness",
  sentence: "An entry committed in a term is in the log of every later term's leader (Figure 3).",
  unseen: (record) => [
    ...withoutLogTrace(record),
    ...(record.trace.some(({ event }) => event === "entry.committed")
      ? []
      : ["the trace does not tell what was committed (`traceDetails`)"]),
  ],
  look(record, found) {
    const { elected, committed } = historyOf(record);
    const terms = [...committed.keys()].sort((a, b) => a - b);
    let highest: Committed | undefined;
    let next = 0;
    for (const leader of elected.sort((a, b) => a.term - b.term)) {
      for (; (terms[next] ?? Infinity) < leader.term; next++) {
        const inTerm = committed.get(terms[next] ?? 0);
        if (inTerm !== undefined && inTerm.index > (highest?.index ?? 0)) highest = inTerm;
      }
      if (highest === undefined) continue;
      const { index, ofTerm } = highest;
      const holds = leader.log.termAt(index);
      if (holds === ofTerm || (holds === undefined && leader.log.lastIndex >= index)) continue;
      found.add(
        `${leader.node} wins term ${leader.term} without entry ${index} of term ${ofTerm}, which ` +
          `is committed; it has ${holds === undefined ? "nothing" : `one of term ${holds}`} there`,
        { index, term: leader.term, timeMs: leader.timeMs, nodes: [leader.node] },
      );
    }
  },
});

function historyOf({ trace }: RunRecord): {
  readonly elected: Elected[];
  readonly committed: ReadonlyMap<number, Committed>;
} {
  const logs = new ClusterLogs();
  const elected: Elected[] = [];
  const committed = new Map<number, Committed>();
  for (const event of trace) {
    logs.follow(event);
    const { node, term, time } = event;
    if (event.event === "election.won")
      elected.push({ node, term, timeMs: time, log: logs.of(node).copy() });
    if (event.event !== "entry.committed") continue;
    const [index, ofTerm] = [factOf(event, "index"), factOf(event, "ofTerm")];
    if (index === undefined || ofTerm === undefined) continue;
    if (index > (committed.get(term)?.index ?? 0)) committed.set(term, { index, ofTerm });
  }
  return { elected, committed };
}
