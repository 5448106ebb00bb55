import { type NodeId, Term } from "../../../../src/common/brand.ts";
import type { TraceEvent, TraceEventName, TraceFacts } from "../../../../src/common/trace.ts";

/** Writes down what nodes tell, in the order of the calls; times are given by the story. */
export class TraceBuilder {
  readonly events: TraceEvent[] = [];

  tell(
    time: number,
    node: NodeId,
    term: number,
    event: TraceEventName,
    facts: TraceFacts = {},
  ): this {
    const seq = this.events.length + 1;
    this.events.push({ seq, node, time, term: Term(term), event, facts });
    return this;
  }

  /** Entries first..last of one term come into a log, all in the term that the node is in. */
  append(time: number, node: NodeId, term: number, first: number, last = first): this {
    const chain = last * 100 + term;
    return this.tell(time, node, term, "entry.appended", { first, last, ofTerm: term, chain });
  }

  sync(time: number, node: NodeId, term: number, index: number): this {
    return this.tell(time, node, term, "disk.synced", { index, ofTerm: term });
  }

  /** Committed and applied. */
  commit(time: number, node: NodeId, term: number, index: number): this {
    this.tell(time, node, term, "entry.committed", { index, ofTerm: term });
    return this.tell(time, node, term, "entry.applied", { index, ofTerm: term });
  }

  /** The leader writes an entry, the others follow, all sync, all commit, the leader answers. */
  replicate(
    time: number,
    term: number,
    index: number,
    [leader, ...others]: readonly [NodeId, ...NodeId[]],
  ): this {
    for (const node of [leader, ...others])
      this.append(time, node, term, index).sync(time + 1, node, term, index);
    this.commit(time + 2, leader, term, index);
    this.tell(time + 2, leader, term, "append.acknowledged", { upTo: index, ofTerm: term });
    for (const node of others) this.commit(time + 3, node, term, index);
    return this;
  }
}
