import type { LogIndex } from "../../common/brand.ts";
import { LogIndex as toLogIndex } from "../../common/brand.ts";

interface Pin {
  /** The log from here on is needed. */
  readonly from: LogIndex;
}

/**
 * What transfers under way still need of the log: a follower that has the snapshot goes on behind
 * it, and would need another one if that were gone by then. Not at any price: a pin that keeps more
 * than `maxBytes`, as it is then, is given up.
 */
export class TransferPins {
  readonly #maxBytes: () => number;
  readonly #pins = new Set<Pin>();

  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** Transfers under way need the log from this index on; absent when there are none. */
  get pinnedFrom(): LogIndex | undefined {
    let lowest: LogIndex | undefined;
    for (const { from } of this.#pins) if (lowest === undefined || from < lowest) lowest = from;
    return lowest;
  }

  /** Pins all behind `last`. @returns what ends it */
  pin(last: LogIndex): () => void {
    const pin: Pin = { from: toLogIndex(last + 1) };
    this.#pins.add(pin);
    return () => void this.#pins.delete(pin);
  }

  /**
   * How far the prefix may go, which would like to end at `upTo`.
   * @param bytesFrom what lies between an index and `upTo`
   */
  allowed(upTo: LogIndex, bytesFrom: (from: LogIndex) => number): LogIndex {
    let allowed: LogIndex = upTo;
    for (const pin of this.#pins) {
      if (pin.from > upTo) continue;
      if (bytesFrom(pin.from) > this.#maxBytes()) this.#pins.delete(pin);
      else if (pin.from <= allowed) allowed = toLogIndex(pin.from - 1);
    }
    return allowed;
  }
}
