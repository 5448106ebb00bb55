import type { NodeId } from "../../common/brand.ts";
import type { AppendOperation, ReadLog, RunRecord } from "../history.ts";
import { type AppendedValues, appendedValues } from "./appended-values.ts";

/** `numbers` where nobody appended the value; `appendAt` then says the same. */
export const NOBODY = -1;

/** A dump whose offsets jump is laid out only this far past its own count: it is broken anyway. */
const MAX_GAP = 1024;

/**
 * The log that everything is held against: the longest of the nodes' logs, by offset. That all
 * others agree with it is a check of its own (`divergence.ts`, `prefix.ts`).
 */
export class FinalLog {
  readonly nodeId: NodeId;
  /** Offset of the first record held, or where the log begins if that may be gone. */
  readonly start: number;
  /** Offset after the last one. */
  readonly end: number;
  /** Offsets below it may have holes. */
  readonly compactedTo: number;
  /** By `offset - start`; nothing where the dump has a gap. */
  readonly values: readonly (string | undefined)[];
  /** Number of the value among all appended, or NOBODY; by `offset - start`. */
  readonly numbers: Int32Array;
  /** 1 where a batch begins; by `offset - start`, one more for the end. */
  readonly begins: Uint8Array;
  readonly #appended: AppendedValues;

  constructor(
    { nodeId, entries, snapshotEnd = 0, compactedTo = 0 }: ReadLog,
    appends: readonly AppendOperation[],
    appended: AppendedValues,
  ) {
    this.nodeId = nodeId;
    this.#appended = appended;
    const first = entries[0]?.baseOffset ?? snapshotEnd;
    this.start = compactedTo > 0 ? Math.min(first, snapshotEnd) : first;
    this.compactedTo = compactedTo;
    let records = Math.max(0, compactedTo - this.start);
    for (const entry of entries) records += entry.values.length;
    const limit = records + MAX_GAP;
    const values: (string | undefined)[] = [];
    this.begins = new Uint8Array(limit + 1);
    for (const entry of entries) {
      const at = entry.baseOffset - this.start;
      if (at < 0 || at + entry.values.length > limit) continue;
      while (values.length < at) values.push(undefined);
      for (let i = 0; i < entry.values.length; i++) values[at + i] = entry.values[i];
      this.begins[at] = 1;
    }
    while (values.length < compactedTo - this.start) values.push(undefined);
    this.begins[values.length] = 1;
    this.values = values;
    this.end = this.start + values.length;
    this.numbers = new Int32Array(values.length).fill(NOBODY);
    this.#placeAcknowledged(appends);
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value !== undefined && this.numbers[at] === NOBODY)
        this.numbers[at] = appended.numberOf(value) ?? NOBODY;
    }
  }

  valueAt(offset: number): string | undefined {
    return this.values[offset - this.start];
  }

  /** What lay there is gone, as it may be where the log is compacted. */
  isHole(offset: number): boolean {
    const at = offset - this.start;
    return offset < this.compactedTo && at >= 0 && this.values[at] === undefined;
  }

  /** Position in `record.appends` of who appended what lies there, or NOBODY. */
  appendAt(offset: number): number {
    const number = this.numbers[offset - this.start] ?? NOBODY;
    return number === NOBODY ? NOBODY : (this.#appended.appendOf[number] ?? NOBODY);
  }

  /** Most values lie where their clients were told: comparing is cheaper than looking them up. */
  #placeAcknowledged(appends: readonly AppendOperation[]): void {
    for (let position = 0; position < appends.length; position++) {
      const append = appends[position];
      if (append?.outcome !== "acknowledged" || append.offset === undefined) continue;
      const first = this.#appended.firstOf[position] ?? 0;
      for (let i = 0; i < append.values.length; i++)
        if (this.valueAt(append.offset + i) === append.values[i])
          this.numbers[append.offset + i - this.start] = first + i;
    }
  }

  /** Offset at which each append's batch lies, by position in `record.appends`; NaN: nowhere. */
  offsets(appends: readonly AppendOperation[]): Float64Array {
    const found = new Float64Array(appends.length).fill(Number.NaN);
    for (let at = this.numbers.length - 1; at >= 0; at--) {
      const number = this.numbers[at] ?? NOBODY;
      if (number === NOBODY) continue;
      const append = this.#appended.appendOf[number] ?? NOBODY;
      found[append] = this.start + at - (number - (this.#appended.firstOf[append] ?? 0));
    }
    return found;
  }
}

const known = new WeakMap<RunRecord, FinalLog>();

/** Absent when no node's log was read. Built once a record. */
export function finalLog(record: RunRecord): FinalLog | undefined {
  const built = known.get(record);
  if (built !== undefined) return built;
  let longest: ReadLog | undefined;
  for (const log of record.logs)
    if (longest === undefined || endOf(log) > endOf(longest)) longest = log;
  if (longest === undefined) return undefined;
  const log = new FinalLog(longest, record.appends, appendedValues(record));
  known.set(record, log);
  return log;
}

/** What hinders every check that compares operations with the log. */
export function withoutFinalLog(record: RunRecord): readonly string[] {
  const { repeated } = appendedValues(record);
  return [
    ...(record.logs.length === 0 ? ["no node's log was read after the run"] : []),
    ...(repeated === undefined ? [] : [`the value ${repeated} was appended twice by the clients`]),
  ];
}

function endOf({ entries, snapshotEnd = 0, compactedTo = 0 }: ReadLog): number {
  const last = entries.at(-1);
  const end = last === undefined ? snapshotEnd : last.baseOffset + last.values.length;
  return Math.max(end, compactedTo);
}
