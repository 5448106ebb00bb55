import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent, TraceEventName } from "../../common/trace.ts";

/** Events of a node after which it does not lead, whatever it did before. */
export const LEADERSHIP_ENDS: ReadonlySet<TraceEventName> = new Set<TraceEventName>([
  "leader.steppedDown",
  "leader.followed",
  "node.started",
  "node.stopped",
  "node.halted",
]);

/** One node leading in one term, as the trace tells it. */
export interface Leadership {
  readonly node: NodeId;
  readonly term: number;
  readonly fromMs: number;
  /** Infinity: until the trace ends. A killed process tells nothing; its next start does. */
  untilMs: number;
}

export function leaderships(trace: readonly TraceEvent[]): readonly Leadership[] {
  const all: Leadership[] = [];
  const current = new Map<NodeId, Leadership>();
  for (const { event, node, term, time } of trace) {
    const ends = event === "election.won" || LEADERSHIP_ENDS.has(event);
    const before = current.get(node);
    if (!ends) continue;
    if (before !== undefined) before.untilMs = time;
    current.delete(node);
    if (event !== "election.won") continue;
    const leadership = { node, term, fromMs: time, untilMs: Infinity };
    current.set(node, leadership);
    all.push(leadership);
  }
  return all;
}
