import type { Offset } from "../../common/brand.ts";
import type { KeyTable } from "./key-table.ts";
import type { Cover } from "./manifest.ts";
import type { CompactionOrder, KeyedRecord } from "./types.ts";

/** What a pass knows when it decides. */
export interface PassKnowledge {
  readonly order: CompactionOrder;
  /** Ascending; the last one is that of `order`. */
  readonly covers: readonly Cover[];
  /** Newest offsets of keys, of every record from its start to `knownTo`. */
  readonly table: KeyTable;
  readonly knownTo: Offset;
  /** Nothing older than what the fold reads is kept elsewhere: tombstones may go. */
  readonly oldest: boolean;
}

/** Decides which records stay. Records must be shown in the order of their offsets. */
export class Survival {
  readonly #knowledge: PassKnowledge;
  readonly #youngFrom: number;
  readonly #expiredBelow: number;
  /** Offset of the first record that stays although a newer one has its key. */
  #firstSuperseded = Number.POSITIVE_INFINITY;

  constructor(knowledge: PassKnowledge) {
    const { snapshotTimestamp, rules } = knowledge.order;
    this.#knowledge = knowledge;
    this.#youngFrom = snapshotTimestamp - rules.minCompactionLagMs;
    this.#expiredBelow = expiredBelow(knowledge);
  }

  get firstSuperseded(): number {
    return this.#firstSuperseded;
  }

  /** `timestamp`: of the record's entry. */
  keeps(record: KeyedRecord, offset: number, timestamp: number): boolean {
    const { order, table, knownTo } = this.#knowledge;
    if (offset < order.logStartOffset) return false;
    const { key } = record;
    if (key === undefined || offset >= knownTo) return true;
    const entry = table.find(key);
    const young = timestamp > this.#youngFrom;
    if (entry >= 0 && table.offset(entry) > offset) {
      if (!young) return false;
      table.pin(entry);
      this.#firstSuperseded = Math.min(this.#firstSuperseded, offset);
      return true;
    }
    if (!record.tombstone || young || offset >= this.#expiredBelow) return true;
    return entry >= 0 && table.isPinned(entry);
  }
}

/** Tombstones below it were covered long enough ago, and nothing older needs them. */
function expiredBelow({ order, covers, oldest }: PassKnowledge): number {
  if (!oldest) return 0;
  const { snapshotTimestamp, rules } = order;
  const expired = covers.findLast(
    ({ timestamp }) => timestamp + rules.deleteRetentionMs <= snapshotTimestamp,
  );
  return expired?.nextOffset ?? 0;
}
