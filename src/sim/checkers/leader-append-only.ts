import type { NodeId } from "../../common/brand.ts";
import { defineCheck } from "./check.ts";
import { ClusterLogs, factOf, withoutLogTrace } from "./cluster-logs.ts";
import { LEADERSHIP_ENDS } from "./leaderships.ts";

export const leaderAppendOnly = defineCheck({
  id: "F2",
  name: "leader append-only",
  sentence: "A leader never overwrites or deletes entries of its log; it only appends (Figure 3).",
  unseen: withoutLogTrace,
  look({ trace }, found) {
    const logs = new ClusterLogs();
    const leading = new Map<NodeId, number>();
    // Before its first entry a leader may cut off damage that a majority never had.
    const repairing = new Set<NodeId>();
    for (const event of trace) {
      const { node, term, time } = event;
      const led = leading.get(node);
      const first = factOf(event, "first");
      const { lastIndex } = logs.of(node);
      const overwrites =
        event.event === "entry.appended" && first !== undefined && first <= lastIndex;
      if (event.event === "leader.repairing") repairing.add(node);
      if (event.event === "entry.appended" || LEADERSHIP_ENDS.has(event.event))
        repairing.delete(node);
      const deletes = event.event === "log.truncated" && !repairing.has(node);
      if (event.event === "election.won") leading.set(node, term);
      else if (LEADERSHIP_ENDS.has(event.event)) leading.delete(node);
      else if (led !== undefined && (overwrites || deletes))
        found.add(
          `${node} leads term ${led} and ${overwrites ? "overwrites" : "deletes"} entries from ` +
            `${first ?? factOf(event, "from")} on; its log ends at ${lastIndex}`,
          { term: led, timeMs: time, nodes: [node] },
        );
      logs.follow(event);
    }
  },
});
