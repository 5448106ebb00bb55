import { defineCheck } from "./check.ts";
import { factOf, withoutLogTrace } from "./cluster-logs.ts";
import { logPairs } from "./log-pairs.ts";

/** The chain names a whole history: equal chains at (index, term) mean equal logs up to there. */
export const chain = defineCheck({
  id: "K13",
  name: "chain",
  sentence: "The same entry has the same chain on every node, when written and when read.",
  unseen: (record) => [
    ...withoutLogTrace(record),
    ...(record.logs.length < 2 ? ["fewer than two nodes' logs were read"] : []),
  ],
  look({ logs, trace }, found) {
    logPairs(logs, (entry, twin, nodes) => {
      if (entry.chain !== twin.chain)
        found.add(
          `entry ${entry.index} has chain ${entry.chain} on ${nodes[0]} and ${twin.chain} on ` +
            nodes[1],
          { index: entry.index, nodes },
        );
    });
    const written = new Map<string, { readonly node: string; readonly chain: number }>();
    for (const event of trace) {
      if (event.event !== "entry.appended") continue;
      const [index, term] = [factOf(event, "last"), factOf(event, "ofTerm")];
      const ofEntry = factOf(event, "chain");
      if (ofEntry === undefined || index === undefined || term === undefined) continue;
      const entry = `${index}@${term}`;
      const twin = written.get(entry);
      if (twin === undefined) written.set(entry, { node: event.node, chain: ofEntry });
      else if (twin.chain !== ofEntry)
        found.add(
          `entry ${index} of term ${term} was written with chain ${twin.chain} by ${twin.node} ` +
            `and ${ofEntry} by ${event.node}`,
          { index, term, timeMs: event.time, nodes: [twin.node, event.node] },
        );
    }
  },
});
