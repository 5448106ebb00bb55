import { Term, type NodeId } from "../../common/brand.ts";
import { TRACE_EVENT_NAMES, type TraceEvent, type TraceEventName } from "../../common/trace.ts";
import { isLeaderReady, type LogLine } from "../story.ts";
import { fromWallMs } from "./driver-clock.ts";

const NAMES: ReadonlySet<string> = new Set(TRACE_EVENT_NAMES);
/** What the logger adds to the facts of an event. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "level",
  "time",
  "node",
  "pid",
  "hostname",
  "seq",
  "atMs",
  "term",
  "event",
  "msg",
  "err",
]);

/** Gathers what nodes log as one trace, and knows from it who leads. */
export class NodeTrace {
  readonly #events: TraceEvent[] = [];
  readonly #leading = new Map<NodeId, number>();

  /** One line that `nodeId` logged. */
  add(nodeId: NodeId, line: LogLine): void {
    const event = traceEventOf(nodeId, line);
    if (event === undefined) return;
    this.#events.push(event);
    if (isLeaderReady(line)) this.#leading.set(nodeId, event.term);
    else if (ENDS.has(event.event)) this.#leading.delete(nodeId);
  }

  /** A process is gone and has told nothing of it. */
  ended(nodeId: NodeId): void {
    this.#leading.delete(nodeId);
  }

  /** The node that leads the newest term. */
  get leader(): NodeId | undefined {
    const [newest] = [...this.#leading].sort(([, a], [, b]) => b - a);
    return newest?.[0];
  }

  /** By time; of one node in the order in which it told them. */
  get events(): readonly TraceEvent[] {
    const latest = new Map<NodeId, number>();
    const steady = this.#events.map((event) => {
      // A wall clock may be set back; the order in which a node told things is certain.
      const time = Math.max(event.time, latest.get(event.node) ?? 0);
      latest.set(event.node, time);
      return { ...event, time };
    });
    return steady.sort((a, b) => a.time - b.time);
  }
}

const ENDS: ReadonlySet<TraceEventName> = new Set<TraceEventName>([
  "leader.steppedDown",
  "leader.followed",
  "node.started",
  "node.stopped",
  "node.halted",
]);

function traceEventOf(node: NodeId, line: LogLine): TraceEvent | undefined {
  const { event, seq, time, term } = line;
  if (event === undefined || !NAMES.has(event)) return undefined;
  if (typeof seq !== "number" || typeof time !== "number" || typeof term !== "number")
    return undefined;
  const facts: Record<string, string | number | boolean | undefined> = {};
  for (const [name, value] of Object.entries(line))
    if (!OWN_FIELDS.has(name) && isPlain(value)) facts[name] = value;
  return {
    seq,
    node,
    time: fromWallMs(time),
    term: Term(term),
    event: event as TraceEventName,
    facts,
  };
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
