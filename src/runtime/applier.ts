import { LogIndex, type Offset, Term } from "../common/brand.ts";
import type { Frame } from "../common/frame.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { LogStore } from "../storage/types.ts";

/**
 * Told after each advance, in order: acknowledge, wake readers, let the core go on. `term` is that
 * of the entry at `index`; absent when damage held the advance back before the commit index.
 */
export type Applied = (index: LogIndex, term: Term | undefined) => void;

/**
 * Nothing is applied from the first damaged entry on until it is repaired (docs/repair.md).
 *
 * Carries committed entries into the state machine. Data entries only move the high watermark, so
 * they are never read back; the few others wait here from the moment they enter the log.
 */
export class Applier {
  readonly #log: LogStore;
  readonly #state: LogState;
  readonly #applied: Applied;
  readonly #fail: (thrown: unknown) => void;
  #controls: Frame[] = [];
  #committed: { index: LogIndex; term: Term } = { index: LogIndex(0), term: Term(0) };
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

  /** A damaged entry is intact again: it may be one to remember, and what waited for it goes on. */
  repaired(frame: Frame): void {
    const { index } = frame.header;
    // Damage met at work took nothing from memory: what waits here already is applied once.
    const waits = this.#controls.some(({ header }) => header.index === index);
    if (index > this.#state.appliedIndex && !waits) {
      this.appended(frame);
      this.#controls.sort((a, b) => a.header.index - b.header.index);
    }
    this.goOn();
  }

  /** What held it back may be over. */
  goOn(): void {
    if (!this.#busy) this.#advance();
  }

  truncated(from: LogIndex): void {
    this.#controls = this.#controls.filter((frame) => frame.header.index < from);
  }

  /** The entry (index, term) is committed. */
  commit(index: LogIndex, term: Term): void {
    this.#committed = { index, term };
    this.goOn();
  }

  #advance(): void {
    const { index, term } = this.#target();
    if (index <= this.#state.appliedIndex) return;
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
        this.#advance();
      },
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  /** The commit index, or the last entry before the first damaged one that is not applied yet. */
  #target(): { readonly index: LogIndex; readonly term: Term | undefined } {
    const { index, term } = this.#committed;
    const faulty = this.#log.faulty.find((entry) => entry.index > this.#state.appliedIndex);
    if (faulty === undefined || faulty.index > index) return { index, term };
    return { index: LogIndex(faulty.index - 1), term: undefined };
  }

  #reach(index: LogIndex, term: Term | undefined, nextOffset: Offset): void {
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
