import { LogIndex, type Offset, Term } from "../common/brand.ts";
import type { Frame } from "../common/frame.ts";
import type { FrameBlock } from "../common/frame-block.ts";
import type { StateImage } from "../statemachine/checkpoint-state.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { LogStore } from "../storage/types.ts";

/**
 * Told after each advance, in order: acknowledge, wake readers, let the core go on. `term` is that
 * of the entry at `index`; absent when damage held the advance back before the commit index.
 */
export type Applied = (index: LogIndex, term: Term | undefined) => void;

/** All up to `index`, the last entry of a segment, is applied: that is the state there. */
export type Captured = (index: LogIndex, image: StateImage) => void;

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
  readonly #captured: Captured;
  #controls: Frame[] = [];
  /** Last indexes of segments that were left and are not wholly applied. */
  #seals: LogIndex[] = [];
  #committed: { index: LogIndex; term: Term } = { index: LogIndex(0), term: Term(0) };
  #busy = false;
  /** Grows when the log is made anew: what was asked of the old one counts no more. */
  #life = 0;

  constructor(
    log: LogStore,
    state: LogState,
    applied: Applied,
    fail: (thrown: unknown) => void,
    captured: Captured = () => undefined,
  ) {
    this.#log = log;
    this.#state = state;
    this.#applied = applied;
    this.#fail = fail;
    this.#captured = captured;
    this.#committed = { index: state.appliedIndex, term: Term(0) };
  }

  /** What a boot found behind the applied state: entries that are no data, and ends of segments. */
  booted(controls: readonly Frame[]): void {
    this.#controls = [...controls];
    for (const { state, lastIndex } of this.#log.segments())
      if (state !== "active") this.left(lastIndex);
  }

  /** Entries are about to enter the log: what is no data, and where they leave a segment. */
  entering(frames: FrameBlock): void {
    for (let at = 0; at < frames.count; at++)
      if (!frames.isData(at)) this.appended(frames.frame(at));
    if (frames.segmentFirstIndex(frames.count - 1) < frames.index(0)) return;
    for (let at = 0; at < frames.count; at++)
      if (frames.segmentFirstIndex(at) === frames.index(at)) this.left(previous(frames.index(at)));
  }

  /** A segment ended with the entry at `index`. */
  left(index: LogIndex): void {
    const { appliedIndex } = this.#state;
    if (index > appliedIndex) this.#seals.push(index);
    else if (index === appliedIndex && index > 0) this.#captured(index, this.#state.image());
  }

  /** The log was made anew behind what is applied: nothing waits any more. */
  reset(): void {
    this.#life++;
    this.#busy = false;
    this.#controls = [];
    this.#seals = [];
    this.#committed = { index: this.#state.appliedIndex, term: Term(0) };
  }

  /** A snapshot took the place of all up to `index`, and is applied; what follows waits on. */
  prefixReplaced(index: LogIndex): void {
    this.#life++;
    this.#busy = false;
    this.#controls = this.#controls.filter((frame) => frame.header.index > index);
    this.#seals = this.#seals.filter((seal) => seal > index);
    if (this.#committed.index < index) this.#committed = { index, term: Term(0) };
    this.goOn();
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
    // A segment that lost all behind it is the one that is written again.
    this.#seals = this.#seals.filter((index) => index + 1 < from);
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
    const life = this.#life;
    this.#busy = true;
    nextOffset.then(
      (offset) => {
        if (life !== this.#life) return;
        this.#busy = false;
        this.#reach(index, term, offset);
        this.#advance();
      },
      (thrown: unknown) => {
        if (life === this.#life) this.#fail(thrown);
      },
    );
  }

  /** The commit index, or the last entry before the first damaged one that is not applied yet. */
  #target(): { readonly index: LogIndex; readonly term: Term | undefined } {
    const { index, term } = this.#committed;
    const faulty = this.#log.faulty.find((entry) => entry.index > this.#state.appliedIndex);
    if (faulty === undefined || faulty.index > index) return { index, term };
    return { index: LogIndex(faulty.index - 1), term: undefined };
  }

  #applyControls(upTo: LogIndex): void {
    let applied = 0;
    for (const frame of this.#controls) {
      if (frame.header.index > upTo) break;
      this.#state.applyControl(frame);
      applied++;
    }
    if (applied > 0) this.#controls.splice(0, applied);
  }

  #reach(index: LogIndex, term: Term | undefined, nextOffset: Offset): void {
    try {
      for (;;) {
        const [seal] = this.#seals;
        if (seal === undefined || seal > index) break;
        this.#seals.shift();
        this.#applyControls(seal);
        this.#captured(seal, this.#state.image());
      }
      this.#applyControls(index);
      this.#state.advance(index, nextOffset);
      this.#applied(index, term);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }
}

function previous(index: LogIndex): LogIndex {
  return LogIndex(index - 1);
}
