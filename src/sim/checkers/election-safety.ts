import { defineCheck } from "./check.ts";

export const electionSafety = defineCheck({
  id: "F1",
  name: "election safety",
  sentence: "At most one node wins a term (Figure 3).",
  unseen: ({ trace }) =>
    trace.some(({ event }) => event === "election.won") ? [] : ["no election is in the trace"],
  look({ trace }, found) {
    const winners = new Map<number, string>();
    for (const { event, node, term, time } of trace) {
      if (event !== "election.won") continue;
      const earlier = winners.get(term);
      winners.set(term, earlier ?? node);
      if (earlier !== undefined && earlier !== node)
        found.add(`${earlier} and ${node} both win term ${term}`, {
          term,
          timeMs: time,
          nodes: [earlier, node],
        });
    }
  },
});
