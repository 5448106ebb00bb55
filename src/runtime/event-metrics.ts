import type { TraceEvent, TraceEventName } from "../common/trace.ts";
import type { Counter, NodeMetrics } from "./metrics.ts";

/** What is counted each time that it is traced: metric (`balsa_…`), help. */
const COUNTED: Partial<Record<TraceEventName, readonly [name: string, help: string]>> = {
  "election.started": ["raft_elections_started_total", "Elections this node stood in."],
  "election.won": ["raft_elections_won_total", "Elections this node won."],
  "leader.followed": ["raft_leader_changes_total", "Leaders that this node began to follow."],
  "leader.steppedDown": ["raft_leader_stepdowns_total", "Times this node stopped to lead."],
  "entry.damaged": ["entries_damaged_total", "Entries whose bytes were found damaged."],
  "entry.repaired": ["entries_repaired_total", "Damaged entries that a peer gave back."],
  "snapshot.damaged": ["checkpoints_damaged_total", "Damaged checkpoints and compacted segments."],
  "upkeep.delayed": ["upkeep_delays_total", "Times segments could not go, or be compacted."],
};

/** Elections, streams, damage and want of space: counted from what the node traces of itself. */
export class EventMetrics {
  readonly #counters = new Map<string, Counter>();
  readonly #streams: Counter;
  #diskLow = 0;

  constructor(metrics: NodeMetrics) {
    for (const [event, [name, help]] of Object.entries(COUNTED)) {
      const counter = metrics.counter(`balsa_${name}`, help);
      // Told as 0 from the start: an alert on its growth needs the value before the first one.
      counter.add(0);
      this.#counters.set(event, counter);
    }
    this.#streams = metrics.counter(
      "balsa_peer_stream_resets_total",
      "Streams from or to a peer that ended.",
    );
    metrics.gauge("balsa_disk_low", "1 while too little space is left to take appends.", () => {
      return this.#diskLow;
    });
  }

  traced({ event, facts }: TraceEvent): void {
    this.#counters.get(event)?.add();
    if (event === "stream.closed") this.#streams.add(1, { peer: String(facts["peer"]) });
    else if (event === "disk.low") this.#diskLow = 1;
    else if (event === "disk.recovered") this.#diskLow = 0;
  }
}
