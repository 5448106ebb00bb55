import { LogIndex, Offset } from "../common/brand.ts";
import { assert } from "../common/assert.ts";
import { LogError } from "../common/errors.ts";
import { type Frame, payloadOf } from "../common/frame.ts";
import type { SnapshotMark, StateImage, StateVoter } from "./checkpoint-state.ts";
import { decodeControl } from "./control.ts";
import type { LogSettings } from "./settings.ts";

const NO_SNAPSHOT: SnapshotMark = { index: LogIndex(0), timestamp: 0 };

/** Where an image was taken: the last entry it covers and the offset after its records. */
export interface ImagePosition {
  readonly index: LogIndex;
  readonly nextOffset: Offset;
}

/**
 * What the committed entries mean so far: a function of the log and of nothing else, so that every
 * node that applied the same entries has the same state.
 */
export class LogState {
  #appliedIndex = LogIndex(0);
  #highWatermark = Offset(0);
  #logStartOffset = Offset(0);
  #snapshot = NO_SNAPSHOT;
  #settings: LogSettings | undefined;
  #voters: readonly StateVoter[];

  /** `voters`: whose log it is; it never changes today. */
  constructor(voters: readonly StateVoter[] = []) {
    this.#voters = voters;
  }

  /** The state at a checkpoint. */
  static restore(image: StateImage, position: ImagePosition): LogState {
    const state = new LogState();
    state.install(image, position);
    return state;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  /** Offset after the last committed record; never goes back. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** Records below it are gone, by the log's own word; never above the high watermark. */
  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** S: segments up to it may go where the policy lets them; index 0 before the first one. */
  get snapshot(): SnapshotMark {
    return this.#snapshot;
  }

  /** Absent before the first leader's settings entry. */
  get settings(): LogSettings | undefined {
    return this.#settings;
  }

  image(): StateImage {
    return {
      settings: this.#settings,
      logStartOffset: this.#logStartOffset,
      snapshot: this.#snapshot,
      voters: this.#voters,
    };
  }

  /** A snapshot takes the place of everything: it is never older than what was applied. */
  install(image: StateImage, { index, nextOffset }: ImagePosition): void {
    this.#settings = image.settings;
    this.#logStartOffset = image.logStartOffset;
    this.#snapshot = image.snapshot;
    this.#voters = image.voters;
    this.advance(index, nextOffset);
  }

  /**
   * Applies an entry that is not `data`. Never rejects what a leader wrote: a trim reaches at most
   * to the offset of its own entry, a snapshot to the entry before it, and neither goes back. What
   * cannot be read stops the node.
   */
  applyControl(frame: Frame): void {
    const { type, index, timestamp, baseOffset } = frame.header;
    if (type === "config")
      throw new LogError("CORRUPT", `entry ${index} changes the members; a newer version wrote it`);
    if (type !== "control") return;
    const control = decodeControl(payloadOf(frame));
    if (control.control === "settings") this.#settings = control.settings;
    if (control.control === "trim") {
      const reached = Math.min(control.logStartOffset, baseOffset);
      this.#logStartOffset = Offset(Math.max(this.#logStartOffset, reached));
    }
    if (control.control === "snapshot" && control.index > this.#snapshot.index)
      this.#snapshot = { index: LogIndex(Math.min(control.index, index - 1)), timestamp };
  }

  /** All entries up to `index` are applied; `nextOffset` follows the records of the last one. */
  advance(index: LogIndex, nextOffset: Offset): void {
    assert(index >= this.#appliedIndex, "entries are applied in order");
    assert(nextOffset >= this.#highWatermark, "the high watermark never goes back");
    this.#appliedIndex = index;
    this.#highWatermark = nextOffset;
  }
}
