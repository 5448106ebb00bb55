import type { TraceEvent } from "../../common/trace.ts";

/** Election safety: at most one node wins a term (Figure 3 of the paper). */
export function checkOneLeaderPerTerm(trace: readonly TraceEvent[]): string[] {
  const violations: string[] = [];
  const winners = new Map<number, string>();
  for (const { event, node, term } of trace) {
    if (event !== "election.won") continue;
    const earlier = winners.get(term);
    if (earlier !== undefined && earlier !== node)
      violations.push(`${earlier} and ${node} both lead in term ${term}`);
    winners.set(term, node);
  }
  return violations;
}
