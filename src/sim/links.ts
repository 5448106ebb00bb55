import type { NodeId } from "../common/brand.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Bytes that a reader may leave unread before its stream ends. */
const MAX_UNREAD_BYTES = 16 << 10;

interface Unread {
  readonly bytes: number;
  readonly take: () => void;
}

/** What goes from one node to another, one way. */
export interface LinkState {
  /** Faults that cut it now; nothing passes while there is one. */
  cuts: number;
  /** What the reader takes; absent: all at once. */
  bytesPerMs: number | undefined;
  /** What the slow reader has not taken yet, in order. */
  readonly unread: Unread[];
  unreadBytes: number;
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
    if (link === undefined) outgoing.set(to, (link = newLink()));
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
      }
  }
}

function newLink(): LinkState {
  return { cuts: 0, bytesPerMs: undefined, unread: [], unreadBytes: 0, lastArrivalMs: 0 };
}

/**
 * Hands `take` to the reader of the link as soon as it has taken what came before: at once, unless
 * it is slow. False when too much is unread.
 */
export function readInTurn(
  time: VirtualTime,
  link: LinkState,
  bytes: number,
  take: () => void,
): boolean {
  if (link.bytesPerMs === undefined && link.unread.length === 0) {
    take();
    return true;
  }
  if (link.unreadBytes + bytes > MAX_UNREAD_BYTES) return false;
  link.unread.push({ bytes, take });
  link.unreadBytes += bytes;
  if (link.unread.length === 1) takeNext(time, link);
  return true;
}

function takeNext(time: VirtualTime, link: LinkState): void {
  const [next] = link.unread;
  if (next === undefined) return;
  const takesMs = link.bytesPerMs === undefined ? 0 : next.bytes / link.bytesPerMs;
  time.plan(takesMs, () => {
    link.unread.shift();
    link.unreadBytes -= next.bytes;
    next.take();
    takeNext(time, link);
  });
}
