import { type NodeId, Term } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import type { TraceEvent, TraceEventName, TraceFacts } from "../common/trace.ts";

/** What the flight recorder holds: an election or two, and what led to them. */
const RECORDED_EVENTS = 4096;

/** Numbers what happens on one node and hands it to whoever listens. */
export class Tracer {
  readonly #node: NodeId;
  readonly #clock: Clock;
  readonly #sink: (event: TraceEvent) => void;
  /** Whether anyone wants what happens for every group of entries, not only state changes. */
  readonly detailed: boolean;
  /** A ring: the event `seq` lies at `seq % RECORDED_EVENTS`. */
  readonly #recorder: TraceEvent[] = [];
  #seq = 0;
  /** Stamped on every event; kept up to date by the effect runner. */
  term = Term(0);

  constructor(node: NodeId, clock: Clock, sink: (event: TraceEvent) => void, detailed: boolean) {
    this.detailed = detailed;
    this.#node = node;
    this.#clock = clock;
    this.#sink = sink;
  }

  /** For the hot path: costs a comparison when nobody listens. */
  detail(event: TraceEventName, facts: TraceFacts): void {
    if (this.detailed) this.tell(event, facts);
  }

  tell(event: TraceEventName, facts: TraceFacts = {}): void {
    const time = this.#clock.nowMs();
    const told = { seq: ++this.#seq, node: this.#node, time, term: this.term, event, facts };
    this.#recorder[told.seq % RECORDED_EVENTS] = told;
    this.#sink(told);
  }

  /** The latest events, oldest first. */
  recorded(): readonly TraceEvent[] {
    // Values only: `seq` begins at 1, so place 0 is empty until the ring has gone round.
    return Object.values(this.#recorder).sort((a, b) => a.seq - b.seq);
  }
}
