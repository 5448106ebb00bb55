import { LogIndex, type Offset, Term } from "../common/brand.ts";
import type { Frame } from "../common/frame.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { LogStore } from "../storage/types.ts";

/** Told after each advance, in order: acknowledge, wake readers, let the core go on. */
export type Applied = (index: LogIndex, term: Term) => void;

/**
 * Carries committed entries into the state machine. Data entries only move the high watermark, so
 * they are never read back; the few others wait here from the moment they enter the log.
 */
export class Applier {
  readonly #log: LogStore;
  readonly #state: LogState;
  readonly #applied: Applied;
  readonly #fail: (thrown: unknown) => void;
  #controls: Frame[] = [];
  #target: { index: LogIndex; term: Term } = { index: LogIndex(0), term: Term(0) };
  #busy = false;

  constructor(log: LogStore, state: LogState, applied: Applied, fail: (thrown: unknown) => void) {
    this.#log = log;
    this.#state = state;
    this.#applied = applied;
    this.#fail = fail;
  }

  /** Remembers what the log holds beside data: what was there at boot, and whatever is appended. */
  appended(frame: Frame): void {
    if (frame.header.type !== "data") this.#controls.push(frame);
  }

  truncated(from: LogIndex): void {
    this.#controls = this.#controls.filter((frame) => frame.header.index < from);
  }

  /** The entry (index, term) is committed. */
  commit(index: LogIndex, term: Term): void {
    this.#target = { index, term };
    if (!this.#busy) this.#advance();
  }

  #advance(): void {
    const { index, term } = this.#target;
    const nextOffset = this.#log.offsetAfter(index);
    if (typeof nextOffset === "number") {
      this.#reach(index, term, nextOffset);
      return;
    }
    this.#busy = true;
    nextOffset.then(
      (offset) => {
        this.#busy = false;
        this.#reach(index, term, offset);
        if (this.#target.index > index) this.#advance();
      },
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  #reach(index: LogIndex, term: Term, nextOffset: Offset): void {
    try {
      let applied = 0;
      for (const frame of this.#controls) {
        if (frame.header.index > index) break;
        this.#state.applyControl(frame);
        applied++;
      }
      if (applied > 0) this.#controls.splice(0, applied);
      this.#state.advance(index, nextOffset);
      this.#applied(index, term);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }
}
