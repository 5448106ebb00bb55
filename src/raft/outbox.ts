import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Effect } from "./effects.ts";
import type { Message } from "./messages.ts";
import type { HardState } from "./types.ts";

/** A message that must wait until term and vote, as they were when it was made, are durable. */
interface HeldMessage {
  readonly needs: HardState;
  readonly to: NodeId;
  readonly message: Message;
}

/** Some seconds' worth of answers to heartbeats. */
const MAX_HELD_MESSAGES = 64;

/** Whether somebody who knows `older` may be told on the strength of `newer` being durable. */
function covers(newer: HardState, older: HardState): boolean {
  if (newer.currentTerm !== older.currentTerm) return newer.currentTerm > older.currentTerm;
  return older.votedFor === undefined || newer.votedFor === older.votedFor;
}

/**
 * Gathers the effects of one step. No message leaves before the term and vote it was made under
 * are on disk: until `hardStatePersisted` it waits here, in order (Figure 2: "updated on stable
 * storage before responding to RPCs").
 */
export class Outbox {
  #effects: Effect[] = [];
  readonly #held: HeldMessage[] = [];
  #requested: HardState;
  #durable: HardState;

  constructor(durable: HardState) {
    this.#requested = durable;
    this.#durable = durable;
  }

  get durable(): HardState {
    return this.#durable;
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(to: NodeId, message: Message, under: HardState): void {
    if (this.#held.length === 0 && covers(this.#durable, under))
      this.#effects.push({ type: "send", to, message });
    else this.#hold({ needs: under, to, message });
  }

  /** Behind a disk that hangs, messages age: the oldest are lost, as on any bad network. */
  #hold(message: HeldMessage): void {
    this.#held.push(message);
    if (this.#held.length > MAX_HELD_MESSAGES) this.#held.shift();
  }

  isDurable(hardState: HardState): boolean {
    return covers(this.#durable, hardState);
  }

  /** Lets go of every message that waited for nothing newer than `hardState`. */
  hardStatePersisted(hardState: HardState): void {
    assert(covers(this.#requested, hardState), "only a hard state that was asked for is persisted");
    if (!covers(hardState, this.#durable)) return;
    this.#durable = hardState;
    const firstHeld = this.#held.findIndex(({ needs }) => !covers(hardState, needs));
    const free = firstHeld < 0 ? this.#held.length : firstHeld;
    for (const { to, message } of this.#held.splice(0, free))
      this.#effects.push({ type: "send", to, message });
  }

  /** Ends a step: its effects, a changed hard state first and as one record (term and vote). */
  take(hardState: HardState): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    if (hardState === this.#requested) return effects;
    this.#requested = hardState;
    return [{ type: "persistHardState", hardState }, ...effects];
  }
}
