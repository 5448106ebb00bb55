import type { AppendOperation, RunRecord } from "../history.ts";

/**
 * All values that clients appended, numbered in the order of the record, batch by batch: checks
 * then compare small integers, and each value is hashed once in all.
 */
export class AppendedValues {
  /** Number of each append's first value; one more at the end, so that `[i, i + 1)` is a batch. */
  readonly firstOf: Int32Array;
  /** Position in `record.appends` of each value's append. */
  readonly appendOf: Int32Array;
  /** A value that two appends share, or one has twice: then nothing can be told from values. */
  readonly repeated: string | undefined;
  readonly #numbers = new Map<string, number>();

  constructor(appends: readonly AppendOperation[]) {
    this.firstOf = new Int32Array(appends.length + 1);
    let count = 0;
    for (let at = 0; at < appends.length; at++) {
      count += appends[at]?.values.length ?? 0;
      this.firstOf[at + 1] = count;
    }
    this.appendOf = new Int32Array(count);
    let number = 0;
    for (let at = 0; at < appends.length; at++)
      for (const value of appends[at]?.values ?? []) {
        this.appendOf[number] = at;
        this.#numbers.set(value, number++);
        if (this.#numbers.size < number) this.repeated ??= value;
      }
  }

  /** Absent when nobody appended it. */
  numberOf(value: string): number | undefined {
    return this.#numbers.get(value);
  }
}

const known = new WeakMap<RunRecord, AppendedValues>();

/** Built once a record; a record does not change after its run. */
export function appendedValues(record: RunRecord): AppendedValues {
  const found = known.get(record) ?? new AppendedValues(record.appends);
  known.set(record, found);
  return found;
}
