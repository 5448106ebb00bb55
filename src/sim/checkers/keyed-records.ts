import type { RunRecord } from "../history.ts";
import { offsetAt } from "./offsets-of.ts";

/** One record of a key that is known to have been in the log. */
export interface KeyedRecord {
  readonly value: string;
  readonly offset: number;
  /** It deletes its key. */
  readonly deletes: boolean;
}

/** What is known of the records of every key, and of all that have none. */
export class KeyedRecords {
  /** Ascending by offset. */
  readonly #byKey = new Map<string, KeyedRecord[]>();
  /** By value: what compaction has to know of a record. */
  readonly #of = new Map<string, { readonly key: string | undefined; readonly deletes: boolean }>();
  /** Appends of whom nothing is known, by the keys that they write. */
  readonly #maybe = new Map<string, { readonly invokedMs: number; readonly deletes: boolean }[]>();
  /** Acknowledged records by offset. */
  readonly acknowledged: readonly (KeyedRecord & { readonly key: string | undefined })[];

  constructor({ appends, logs, reads }: RunRecord) {
    const found = new Map<number, KeyedRecord & { readonly key: string | undefined }>();
    for (const { values, keys, deletes, outcome, offset, invokedMs } of appends)
      for (let i = 0; i < values.length; i++) {
        const [value, key] = [values[i] ?? "", keys?.[i]];
        const record = { key, deletes: deletes?.[i] === true };
        this.#of.set(value, record);
        if (outcome === "acknowledged" && offset !== undefined)
          found.set(offset + i, { value, offset: offset + i, ...record });
        else if (outcome === "unknown" && key !== undefined)
          this.#maybe.set(key, [
            ...(this.#maybe.get(key) ?? []),
            { invokedMs, deletes: record.deletes },
          ]);
      }
    this.acknowledged = [...found.values()].sort(byOffset);
    const seen = (value: string, offset: number): void => {
      const record = this.#of.get(value) ?? { key: undefined, deletes: false };
      if (!found.has(offset)) found.set(offset, { value, offset, ...record });
    };
    for (const { entries } of logs)
      for (const { baseOffset, values } of entries)
        for (let i = 0; i < values.length; i++) seen(values[i] ?? "", baseOffset + i);
    for (const read of reads)
      for (const [i, value] of (read.answer?.values ?? []).entries())
        seen(value, offsetAt(read, i));
    for (const { key, ...record } of [...found.values()].sort(byOffset)) {
      if (key === undefined) continue;
      const known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, [record]);
      else known.push(record);
    }
  }

  keyOf(value: string): string | undefined {
    return this.#of.get(value)?.key;
  }

  deletes(value: string): boolean {
    return this.#of.get(value)?.deletes === true;
  }

  /** Whether an append of unknown outcome may have deleted the key. */
  mayBeDeleted(key: string): boolean {
    return this.#maybe.get(key)?.some(({ deletes }) => deletes) === true;
  }

  /** Whether one that had begun may have written the key, and be superseded by now. */
  mayBeWritten(key: string, beforeMs: number): boolean {
    return this.#maybe.get(key)?.some(({ invokedMs }) => invokedMs <= beforeMs) === true;
  }

  /** The newest record of the key below `end` that is known. */
  newestBelow(key: string, end: number): KeyedRecord | undefined {
    return this.#byKey.get(key)?.findLast(({ offset }) => offset < end);
  }
}

function byOffset(a: { readonly offset: number }, b: { readonly offset: number }): number {
  return a.offset - b.offset;
}

const known = new WeakMap<RunRecord, KeyedRecords>();

/** Built once a record, and only where something is compacted. */
export function keyedRecords(record: RunRecord): KeyedRecords {
  const found = known.get(record) ?? new KeyedRecords(record);
  known.set(record, found);
  return found;
}
