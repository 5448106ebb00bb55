import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { Fault } from "../history.ts";
import { defineCheck } from "./check.ts";
import { factOf } from "./cluster-logs.ts";
import type { Findings } from "./violation.ts";

export const oneLeader = defineCheck({
  id: "K14",
  name: "one leader",
  sentence:
    "All who follow in a term follow one leader, the one that won it; in a process's life its " +
    "term, its commit index and its applied index never go back.",
  unseen: ({ trace }) => (trace.length > 0 ? [] : ["there is no trace"]),
  look({ trace, faults = [] }, found) {
    const leaders = new Map<number, Leader>();
    const lives = new Map<NodeId, Life>();
    for (const event of trace) {
      lookAtLeader(event, leaders, found);
      lookAtLife(event, lives, faults, found);
    }
  },
});

/** What may cost a node its hard state. */
const DAMAGE: ReadonlySet<string> = new Set(["bit-rot", "missing-file", "truncated-file"]);

/** The leader of a term, and who told so first. */
interface Leader {
  readonly leader: NodeId;
  readonly toldBy: NodeId;
}

/** What a process has reached. */
interface Life {
  incarnation: number | undefined;
  term: number;
  committed: number;
  applied: number;
}

function lookAtLeader(told: TraceEvent, leaders: Map<number, Leader>, found: Findings): void {
  const { event, node, term, time, facts } = told;
  const won = event === "election.won";
  const followed = event === "leader.followed" ? facts["leaderId"] : undefined;
  const leader = won ? node : followed;
  if (typeof leader !== "string") return;
  const known = leaders.get(term);
  if (known === undefined) leaders.set(term, { leader, toldBy: node });
  // Two winners are election safety's business.
  else if (known.leader !== leader && !(won && known.leader === known.toldBy))
    found.add(
      `${node} says that ${leader} leads term ${term}; ${known.toldBy} says ${known.leader}`,
      { term, timeMs: time, nodes: [known.toldBy, node] },
    );
}

function lookAtLife(
  told: TraceEvent,
  lives: Map<NodeId, Life>,
  faults: readonly Fault[],
  found: Findings,
): void {
  const { event, node, term, time } = told;
  const before = lives.get(node);
  const complain = (what: string, from: number, to: number): void =>
    found.add(`${node}: its ${what} goes back from ${from} to ${to}`, {
      ...{ term, timeMs: time, nodes: [node] },
    });
  if (event === "node.started" || before === undefined) {
    const incarnation = factOf(told, "incarnation") ?? before?.incarnation;
    const earlier = before?.incarnation;
    // A hard state lost to damage begins anew, as a non-voter; peers see it go back.
    const damaged = faults.some(
      ({ kind, atMs, mayHalt, wiped }) =>
        atMs <= time &&
        ((DAMAGE.has(kind) && mayHalt?.includes(node)) || wiped?.includes(node) === true),
    );
    if (earlier !== undefined && incarnation !== undefined && incarnation <= earlier && !damaged)
      complain("incarnation", earlier, incarnation);
    lives.set(node, { incarnation, term, committed: 0, applied: 0 });
    return;
  }
  if (term < before.term) complain("term", before.term, term);
  before.term = term;
  const index = factOf(told, "index") ?? 0;
  if (event === "entry.committed") {
    if (index <= before.committed) complain("commit index", before.committed, index);
    before.committed = index;
  } else if (event === "entry.applied") {
    if (index < before.applied) complain("applied index", before.applied, index);
    before.applied = index;
  }
}
