import type { CompactionOrder } from "../../../../src/storage/compaction/index.ts";
import type { SourceRecord } from "./source-log.ts";

/** What `key` must keep, worked out record by record from the rules' own words. */
export class KeyModel {
  kept: readonly SourceRecord[] = [];
  readonly #firstCovered = new Map<number, number>();
  #taken = 0;

  /** Takes in what lies below the snapshot, and drops what the order says. */
  compact(order: CompactionOrder, source: readonly SourceRecord[]): void {
    const { snapshotTimestamp, rules, logStartOffset } = order;
    const below = [...this.kept, ...source.slice(this.#taken)];
    this.#taken = source.length;
    const newest = new Map<string, number>();
    for (const { key, offset } of below) {
      if (key !== undefined) newest.set(key, offset);
      if (!this.#firstCovered.has(offset)) this.#firstCovered.set(offset, snapshotTimestamp);
    }
    const young = ({ timestamp }: SourceRecord): boolean =>
      snapshotTimestamp - timestamp < rules.minCompactionLagMs;
    const expired = ({ offset }: SourceRecord): boolean =>
      (this.#firstCovered.get(offset) ?? 0) + rules.deleteRetentionMs <= snapshotTimestamp;
    this.kept = below.filter((record) => {
      const { key, value, offset } = record;
      if (offset < logStartOffset) return false;
      if (key === undefined || young(record)) return true;
      if (newest.get(key) !== offset) return false;
      return value !== undefined || !expired(record);
    });
  }
}

/** Newest records of the keys that have a value, and all records without key, in order. */
export function mustBeThere(source: readonly SourceRecord[], from: number): SourceRecord[] {
  const newest = new Map<string, SourceRecord>();
  for (const record of source) if (record.key !== undefined) newest.set(record.key, record);
  return source.filter(({ key, value, offset }) => {
    if (offset < from) return false;
    return key === undefined || (newest.get(key)?.offset === offset && value !== undefined);
  });
}
