import type { Offset } from "../common/brand.ts";

/** One value of `log_append`, at the offset that its record has in the log. */
export interface LoggedValue {
  readonly offset: Offset;
  readonly value: unknown;
}

/**
 * The segment exercise's view of the log: its own values. Where other workloads share the log
 * their records take offsets in between.
 */
export class ValueLog {
  readonly #values: LoggedValue[] = [];

  append(offset: Offset, value: unknown): void {
    this.#values.push({ offset, value });
  }

  /** At most `limit` values from `offset` on, in order. */
  read(offset: number, limit: number): readonly LoggedValue[] {
    let [low, high] = [0, this.#values.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return this.#values.slice(low, low + limit);
  }
}
