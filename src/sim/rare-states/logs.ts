import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { SimHost } from "../host.ts";
import type { Watcher } from "../world.ts";
import type { Handlers } from "./handlers.ts";
import type { CountRareState } from "./names.ts";

const MANY_ENTRIES = 10;

/** What is known of one node's log within one boot. */
interface Seen {
  truncations: number;
  /** First entries of segments that this boot has begun. */
  rolledAt: number[];
  synced: number;
  committed: number;
  sealed: number;
}

function nothingSeen(): Seen {
  return { truncations: 0, rolledAt: [], synced: 0, committed: 0, sealed: 0 };
}

/** Tails that are cut, segments that end, terms that are committed by later ones. */
export class LogStates implements Watcher {
  readonly #count: CountRareState;
  readonly #seen = new Map<NodeId, Seen>();
  readonly #on: Handlers = {
    "log.opened": (event) => {
      this.#of(event).synced = Number(event.facts["lastIndex"] ?? 0);
    },
    "log.truncated": (event, host) => {
      const { from, lastIndex } = event.facts;
      this.#truncated(this.#of(event), Number(from), Number(lastIndex), host);
    },
    "disk.synced": (event) => {
      this.#of(event).synced = Number(event.facts["index"]);
    },
    "entry.committed": (event, host) =>
      this.#committed(this.#of(event), Number(event.facts["index"]), host),
    "append.rejected": ({ facts }) => {
      if (facts["reason"] === "storageFull") this.#count("append.rejected");
    },
    "segment.rolled": (event) => this.#rolled(this.#of(event), Number(event.facts["firstIndex"])),
    "segment.sealed": (event) => this.#sealed(this.#of(event), Number(event.facts["lastIndex"])),
  };

  constructor(count: CountRareState) {
    this.#count = count;
  }

  started({ nodeId }: SimHost): void {
    this.#seen.set(nodeId, nothingSeen());
  }

  traced(event: TraceEvent, host: SimHost): void {
    this.#on[event.event]?.(event, host);
  }

  #of({ node }: TraceEvent): Seen {
    const seen = this.#seen.get(node) ?? nothingSeen();
    this.#seen.set(node, seen);
    return seen;
  }

  #rolled(seen: Seen, firstIndex: number): void {
    seen.rolledAt.push(firstIndex);
    this.#count("segment.rolled");
    if (seen.rolledAt.length - seen.sealed > 1) this.#count("segment.twoClosed");
  }

  #sealed(seen: Seen, lastIndex: number): void {
    this.#count("segment.sealed");
    if (seen.rolledAt.includes(lastIndex + 1)) seen.sealed++;
    else this.#count("segment.sealedAfterBoot");
  }

  #truncated(seen: Seen, from: number, lastIndex: number, host: SimHost): void {
    this.#count("log.truncated");
    if (lastIndex - from + 1 >= MANY_ENTRIES) this.#count("log.truncatedMany");
    if (++seen.truncations > 1) this.#count("log.truncatedTwice");
    if (from <= seen.synced) this.#count("log.truncatedDurable");
    seen.synced = Math.min(seen.synced, from - 1);
    const active = host.node?.status().segments.at(-1);
    if (active !== undefined && from < active.firstIndex)
      this.#count("log.truncatedAcrossSegments");
    seen.rolledAt = seen.rolledAt.filter((firstIndex) => firstIndex < from);
  }

  /** The leader that is not ready commits its first entry: whatever lies below comes with it. */
  #committed(seen: Seen, index: number, host: SimHost): void {
    const before = seen.committed;
    seen.committed = index;
    if (before === 0 || index - before < 2) return;
    const raft = host.node?.status().raft;
    if (raft?.role === "leader" && !raft.ready) this.#count("log.olderTermCommitted");
  }
}
