import type { NodeId } from "../common/brand.ts";

/** What goes from one node to another, one way. */
export interface LinkState {
  /** Faults that cut it now; nothing passes while there is one. */
  cuts: number;
  /** What the reader takes; absent: all at once. */
  bytesPerMs: number | undefined;
  /** When the slow reader has taken everything sent so far. */
  freeMs: number;
  /** Messages in order arrive no earlier than the one before. */
  lastArrivalMs: number;
}

/** The state of every link. */
export class Links {
  readonly #from = new Map<NodeId, Map<NodeId, LinkState>>();

  of(from: NodeId, to: NodeId): LinkState {
    let outgoing = this.#from.get(from);
    if (outgoing === undefined) this.#from.set(from, (outgoing = new Map()));
    let link = outgoing.get(to);
    if (link === undefined)
      outgoing.set(to, (link = { cuts: 0, bytesPerMs: undefined, freeMs: 0, lastArrivalMs: 0 }));
    return link;
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.of(from, to).cuts > 0;
  }

  heal(): void {
    for (const outgoing of this.#from.values())
      for (const link of outgoing.values()) {
        link.cuts = 0;
        link.bytesPerMs = undefined;
        link.freeMs = 0;
      }
  }
}
