import { LogIndex, Offset } from "../common/brand.ts";
import { assert } from "../common/assert.ts";
import { LogError } from "../common/errors.ts";
import { type Frame, payloadOf } from "../common/frame.ts";
import { decodeControl } from "./control.ts";
import type { LogSettings } from "./settings.ts";

/**
 * What the committed entries mean so far: a function of the log and of nothing else, so that every
 * node that applied the same entries has the same state.
 */
export class LogState {
  #appliedIndex = LogIndex(0);
  #highWatermark = Offset(0);
  #settings: LogSettings | undefined;

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  /** Offset after the last committed record; never goes back. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** Absent before the first leader's settings entry. */
  get settings(): LogSettings | undefined {
    return this.#settings;
  }

  /** Applies an entry that is not `data`. Never rejects: what cannot be read stops the node. */
  applyControl(frame: Frame): void {
    const { type, index } = frame.header;
    if (type === "config")
      throw new LogError("CORRUPT", `entry ${index} changes the members; a newer version wrote it`);
    if (type !== "control") return;
    const control = decodeControl(payloadOf(frame));
    if (control.control === "settings") this.#settings = control.settings;
  }

  /** All entries up to `index` are applied; `nextOffset` follows the records of the last one. */
  advance(index: LogIndex, nextOffset: Offset): void {
    assert(index >= this.#appliedIndex, "entries are applied in order");
    assert(nextOffset >= this.#highWatermark, "the high watermark never goes back");
    this.#appliedIndex = index;
    this.#highWatermark = nextOffset;
  }
}
