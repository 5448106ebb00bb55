import type { LogIndex } from "../common/brand.ts";

interface Group {
  readonly last: LogIndex;
  readonly bytes: number;
}

/**
 * Bytes this leader stamped that are not committed. It belongs to one leadership, which takes
 * appends only after its no-op is applied: whatever older terms left is committed by then, so
 * the count is exact from the first append on and never needs a reset.
 */
export class UncommittedBytes {
  readonly #groups: Group[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(last: LogIndex, bytes: number): void {
    this.#groups.push({ last, bytes });
    this.#total += bytes;
  }

  /** A group counts until its last entry is committed. */
  committed(index: LogIndex): void {
    const open = this.#groups.findIndex(({ last }) => last > index);
    const done = this.#groups.splice(0, open < 0 ? this.#groups.length : open);
    for (const { bytes } of done) this.#total -= bytes;
  }
}
