import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { BoundarySide } from "../disk/index.ts";
import type { SimHost } from "../host.ts";
import type { Watcher } from "../world.ts";
import type { Handlers } from "./handlers.ts";
import type { CountRareState, RareState } from "./names.ts";

/** Disk operations that only the life of a log needs. */
const PLACES: readonly (readonly [RegExp, RareState])[] = [
  [/^(create|write|sync) .*\.checkpoint/, "crash.atCheckpoint"],
  [/^rename .*\.checkpoint/, "crash.atCheckpointRename"],
  [/^unlink .*\.checkpoint/, "crash.atCheckpointRemoval"],
  [/^unlink .*\.(log|index)/, "crash.whileDroppingSegments"],
  [/^(create|write|sync) .*\.compacted/, "crash.whileCompacting"],
  [/^(rename|unlink) .*\.compacted/, "crash.atCompactedName"],
  [/^[a-z]+ .*\.manifest/, "crash.atManifest"],
  [/^[a-z]+ .*incoming/, "crash.atIncomingSnapshot"],
  [/^syncDirectory .*snapshots/, "crash.atSnapshotDirectory"],
];

/** What a node says it found and finished at boot. */
const NOTES: readonly (readonly [RegExp, RareState])[] = [
  [/made anew behind entry/, "boot.resetFinished"],
  [/the log begins after it/, "boot.prefixDropFinished"],
  [/a checkpoint that was not finished/, "boot.unfinishedCheckpoint"],
  [/an unfinished compaction left/, "boot.unfinishedCompaction"],
  [/kept until it can be written anew/, "snapshot.damaged"],
];

/** What one process is in the midst of. */
interface Doing {
  compacting: boolean;
  /** A snapshot is whole and not the log yet. */
  installing: boolean;
  readonly sending: Set<string>;
}

/** Segments that go, snapshots that travel, compactions that end or do not. */
export class LifeStates implements Watcher {
  readonly #count: CountRareState;
  readonly #doing = new Map<NodeId, Doing>();
  readonly #wiped = new Set<NodeId>();
  /** Who began last to send to a node, and has not ended. */
  readonly #senders = new Map<string, NodeId>();
  readonly #on: Handlers = {
    "log.trimmed": () => this.#count("log.trimmed"),
    "snapshot.taken": () => this.#count("snapshot.taken"),
    "segment.deleted": ({ facts }) =>
      this.#count(facts["why"] === "retention" ? "prefix.trimmed" : "prefix.compacted"),
    "upkeep.delayed": () => this.#count("upkeep.delayed"),
    "compaction.started": (event) => {
      this.#of(event).compacting = true;
    },
    "compaction.finished": (event) => {
      this.#of(event).compacting = false;
      const { outcome, recordsDropped } = event.facts;
      this.#count(outcome === "done" ? "compaction.finished" : "compaction.skipped");
      if (Number(recordsDropped) > 0) this.#count("compaction.recordsDropped");
    },
    "snapshot.sending": (event) => {
      const to = String(event.facts["to"]);
      const earlier = this.#senders.get(to) ?? event.node;
      if (earlier !== event.node) this.#count("snapshot.secondLeader");
      this.#senders.set(to, event.node);
      this.#of(event).sending.add(to);
      this.#count("snapshot.sending");
    },
    "snapshot.sent": (event) => {
      const to = String(event.facts["to"]);
      this.#senders.delete(to);
      this.#of(event).sending.delete(to);
      this.#count("snapshot.sent");
    },
    "leader.steppedDown": (event) => {
      if (this.#of(event).sending.size > 0) this.#count("snapshot.leaderLost");
      this.#of(event).sending.clear();
    },
    "snapshot.received": (event) => {
      this.#of(event).installing = true;
      this.#count("snapshot.received");
    },
    "snapshot.installed": (event) => {
      this.#of(event).installing = false;
      this.#count("snapshot.installed");
    },
    "snapshot.refused": () => this.#count("snapshot.refused"),
    "snapshot.mended": () => this.#count("snapshot.mended"),
    "log.opened": (event) => this.#opened(event),
  };

  constructor(count: CountRareState) {
    this.#count = count;
  }

  started({ nodeId }: SimHost): void {
    this.#doing.delete(nodeId);
  }

  wiped({ nodeId }: SimHost): void {
    this.#wiped.add(nodeId);
    this.#count("node.wiped");
  }

  traced(event: TraceEvent, host: SimHost): void {
    this.#on[event.event]?.(event, host);
  }

  ending({ nodeId }: SimHost): void {
    const doing = this.#doing.get(nodeId);
    if (doing?.compacting === true) this.#count("compaction.interrupted");
    if (doing?.installing === true) this.#count("snapshot.installInterrupted");
    if (doing !== undefined && doing.sending.size > 0) this.#count("snapshot.senderEnded");
  }

  ambushed(_host: SimHost, _side: BoundarySide, label: string): void {
    for (const [pattern, state] of PLACES) if (pattern.test(label)) this.#count(state);
  }

  #of({ node }: TraceEvent): Doing {
    const doing = this.#doing.get(node) ?? {
      compacting: false,
      installing: false,
      sending: new Set(),
    };
    this.#doing.set(node, doing);
    return doing;
  }

  #opened({ node, facts }: TraceEvent): void {
    for (const [pattern, state] of NOTES)
      if (pattern.test(String(facts["note"]))) this.#count(state);
    if (facts["note"] !== undefined) return;
    if (Number(facts["checkpoint"] ?? 0) > 0) this.#count("boot.fromCheckpoint");
    if (facts["mayVote"] === false && this.#wiped.has(node)) this.#count("node.readmitted");
  }
}
