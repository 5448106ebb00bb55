import type { NodeId } from "../common/brand.ts";

/**
 * More than any node has to say in a second of the world, many times over: the busiest of thousands
 * of worlds sends a tenth of it. Who passes it answers for answering's sake.
 */
export const MESSAGES_PER_SECOND_MAX = 10_000;

/** A node that keeps its peers busy without end. */
export interface Flood {
  readonly nodeId: NodeId;
  readonly timeMs: number;
  readonly messagesPerSecond: number;
}

/** Counts what each node sends, second by second. */
export class MessageRate {
  readonly #sent = new Map<NodeId, number>();
  #second = 0;
  #flood: Flood | undefined;

  sent(nodeId: NodeId, timeMs: number): void {
    const second = Math.floor(timeMs / 1000);
    if (second !== this.#second) this.#sent.clear();
    this.#second = second;
    const messagesPerSecond = (this.#sent.get(nodeId) ?? 0) + 1;
    this.#sent.set(nodeId, messagesPerSecond);
    if (messagesPerSecond <= MESSAGES_PER_SECOND_MAX) return;
    this.#flood ??= { nodeId, timeMs, messagesPerSecond };
  }

  /** The first that sent too many. A world that is flooded never comes to an end. */
  get flood(): Flood | undefined {
    return this.#flood;
  }
}
