import { LogIndex, type NodeId, Term } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { LogTerms } from "../../raft/types.ts";
import { parseTermRuns } from "../../runtime/term-runs-text.ts";
import type { RunRecord } from "../history.ts";
import { NodeLog } from "./node-log.ts";

/** A number among an event's facts. */
export function factOf({ facts }: TraceEvent, name: string): number | undefined {
  const value = facts[name];
  return typeof value === "number" ? value : undefined;
}

/** All nodes' logs at one moment of the trace. */
export class ClusterLogs {
  readonly #logs = new Map<NodeId, NodeLog>();

  of(node: NodeId): NodeLog {
    const known = this.#logs.get(node);
    if (known !== undefined) return known;
    const log = new NodeLog();
    this.#logs.set(node, log);
    return log;
  }

  /** Call it for every event, in order. */
  follow(event: TraceEvent): void {
    if (event.event === "entry.appended") {
      const first = factOf(event, "first");
      const last = factOf(event, "last");
      const ofTerm = factOf(event, "ofTerm");
      if (first !== undefined && last !== undefined && ofTerm !== undefined)
        this.of(event.node).append(first, last, ofTerm);
    } else if (event.event === "log.truncated") {
      const from = factOf(event, "from");
      if (from !== undefined) this.of(event.node).cut(from);
    } else if (event.event === "snapshot.installed") {
      if (event.facts["keepSuffix"] !== true) this.of(event.node).opened(behind(event));
    } else if (event.event === "log.opened") {
      const { terms } = event.facts;
      if (typeof terms === "string") this.of(event.node).opened(parseTermRuns(terms));
    }
  }
}

/** A snapshot took the place of everything: nothing lies behind its last entry. */
function behind(event: TraceEvent): LogTerms {
  const index = LogIndex(factOf(event, "lastIndex") ?? 0);
  return { prev: { index, term: Term(factOf(event, "ofTerm") ?? 0) }, runs: [] };
}

/** What hinders every check that follows the nodes' logs. */
export function withoutLogTrace({ trace }: RunRecord): readonly string[] {
  const appended = trace.some(({ event }) => event === "entry.appended");
  return appended ? [] : ["the trace does not tell what was appended (`traceDetails`)"];
}
