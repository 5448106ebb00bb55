import { broken } from "../common/assert.ts";
import type { NodeId, Term } from "../common/brand.ts";
import type { Effect } from "./effects.ts";
import type { RaftEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import type { RaftStatus } from "./status.ts";
import { checkStep } from "./step-invariants.ts";
import type { HardState } from "./types.ts";

/**
 * Watches one node from boot to crash: call it after every step. Tests and simulator do; it reads
 * nothing but events, effects and status, so it judges the core from outside.
 */
export class InvariantChecker {
  #before: RaftStatus;
  #durable: HardState;
  readonly #waitingReads = new Set<number>();
  /** Transfers under way: to whom, and in which term the newest began. */
  readonly #transfers = new Map<NodeId, Term>();

  /** `status` is that of a core which has not taken a step. */
  constructor(status: RaftStatus) {
    this.#before = status;
    this.#durable = { currentTerm: status.currentTerm, votedFor: status.votedFor };
  }

  /** @throws AssertionError with the sentence of the rule that is broken. */
  stepped(event: RaftEvent, effects: readonly Effect[], after: RaftStatus): void {
    if (event.type === "started" || event.type === "hardStatePersisted")
      this.#durable = event.hardState;
    checkState(after);
    const durable = this.#durable;
    checkStep({ before: this.#before, event, effects, after, durable });
    this.#begin(event);
    for (const effect of effects) this.#follow(effect, after);
    const canAsk = after.role === "leader" || after.role === "follower";
    if (!canAsk && this.#waitingReads.size > 0) broken(`${after.nodeId}: no read waits for nobody`);
    this.#before = after;
  }

  #begin(event: RaftEvent): void {
    if (event.type === "readRequested") this.#waitingReads.add(event.requestId);
    if (event.type === "snapshotSent" && this.#transfers.get(event.to) === event.term)
      this.#transfers.delete(event.to);
  }

  /** Reads are answered once, and one transfer goes to a follower at a time. */
  #follow(effect: Effect, { nodeId }: RaftStatus): void {
    if (effect.type === "readReady" || effect.type === "readRejected") {
      if (!this.#waitingReads.delete(effect.requestId))
        broken(`${nodeId}: a read is answered once`);
    } else if (effect.type === "sendSnapshot") {
      const { to, term } = effect;
      if (this.#transfers.get(to) === term)
        broken(`${nodeId}: one transfer goes to ${to} at a time`);
      this.#transfers.set(to, term);
    }
  }
}
