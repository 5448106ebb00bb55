import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { SimHost } from "../host.ts";
import type { Watcher } from "../world.ts";
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

/** Tails that are cut, segments that end, terms that are committed by later ones. */
export class LogStates implements Watcher {
  readonly #count: CountRareState;
  readonly #seen = new Map<NodeId, Seen>();

  constructor(count: CountRareState) {
    this.#count = count;
  }

  started({ nodeId }: SimHost): void {
    this.#seen.set(nodeId, { truncations: 0, rolledAt: [], synced: 0, committed: 0, sealed: 0 });
  }

  traced({ event, node, facts }: TraceEvent, host: SimHost): void {
    const seen = this.#seen.get(node);
    if (seen === undefined) return;
    switch (event) {
      case "log.opened":
        seen.synced = Number(facts["lastIndex"] ?? 0);
        return;
      case "log.truncated":
        return this.#truncated(seen, Number(facts["from"]), Number(facts["lastIndex"]), host);
      case "disk.synced":
        seen.synced = Number(facts["index"]);
        return;
      case "entry.committed":
        return this.#committed(seen, Number(facts["index"]), host);
      case "segment.rolled":
        seen.rolledAt.push(Number(facts["firstIndex"]));
        this.#count("segment.rolled");
        if (seen.rolledAt.length - seen.sealed > 1) this.#count("segment.twoClosed");
        return;
      case "segment.sealed": {
        this.#count("segment.sealed");
        const ownRoll = seen.rolledAt.includes(Number(facts["lastIndex"]) + 1);
        if (ownRoll) seen.sealed++;
        else this.#count("segment.sealedAfterBoot");
        return;
      }
      default:
    }
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
