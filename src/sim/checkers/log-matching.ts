import type { NodeId } from "../../common/brand.ts";
import type { ReadLog, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { ClusterLogs, factOf, withoutLogTrace } from "./cluster-logs.ts";
import { denseEntries } from "./dense-entries.ts";
import type { Findings } from "./violation.ts";

/**
 * One leader writes a term's entries, one after another: so in every log that has any of them,
 * they begin at the same index, after an entry of the same term. That is the same as: equal (index,
 * term) means equal logs up to there, and costs one comparison for each run of a term.
 */
export const logMatching = defineCheck({
  id: "F3",
  name: "log matching",
  sentence: "Two logs with an entry of one index and term are identical up to there (Figure 3).",
  unseen: withoutLogTrace,
  look(record, found) {
    const begins = new Map<number, Beginning>();
    lookAtTrace(record, begins, found);
    for (const log of record.logs) lookAtLog(log, begins, found);
  },
});

interface Beginning {
  readonly node: NodeId;
  readonly index: number;
  /** Term of the entry before; absent where the log begins, or nothing was told. */
  readonly before: number | undefined;
}

function lookAtTrace({ trace }: RunRecord, begins: Map<number, Beginning>, found: Findings): void {
  const logs = new ClusterLogs();
  for (const event of trace) {
    logs.follow(event);
    if (event.event !== "entry.appended" && event.event !== "log.opened") continue;
    const { node } = event;
    const log = logs.of(node);
    for (const { term, first } of log.runs(factOf(event, "first") ?? 1, log.lastIndex)) {
      const preceding = first === 1 ? 0 : log.termAt(first - 1);
      if (preceding === term || preceding === undefined) continue;
      compare(term, { node, index: first, before: preceding }, begins, found);
    }
  }
}

function lookAtLog(log: ReadLog, begins: Map<number, Beginning>, found: Findings): void {
  const { nodeId: node } = log;
  const entries = denseEntries(log);
  for (const [at, { index, term }] of entries.entries()) {
    const before = entries[at - 1]?.term;
    if (before === undefined || before === term) continue;
    if (before > term)
      found.add(`${node}: entry ${index} of term ${term} follows one of term ${before}`, {
        index,
        term,
        nodes: [node],
      });
    else compare(term, { node, index, before }, begins, found);
  }
}

function compare(
  term: number,
  here: Beginning,
  begins: Map<number, Beginning>,
  found: Findings,
): void {
  const there = begins.get(term);
  if (there === undefined) begins.set(term, here);
  else if (there.index !== here.index || there.before !== here.before)
    found.add(
      `term ${term} begins at ${here.index} after an entry of term ${here.before} on ` +
        `${here.node}, and at ${there.index} after one of term ${there.before} on ${there.node}`,
      { index: here.index, term, nodes: [there.node, here.node] },
    );
}
