import type { ReadLog, ReadOperation, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { type KeyedRecord, type KeyedRecords, keyedRecords } from "./keyed-records.ts";
import { endOfRead, offsetAt } from "./offsets-of.ts";
import type { Findings, ViolationFacts } from "./violation.ts";

/**
 * What is gone below the end of a compacted log was superseded there, or a deletion that was old
 * enough; and with a deletion goes all that it deleted. That must hold in every node's log, and in
 * every answer that a reader was given meanwhile.
 */
export const compaction = defineCheck({
  id: "K21",
  name: "compaction",
  sentence: "Compaction takes only what a newer record of its key stands for, or old deletions.",
  unseen: (record) =>
    isCompacted(record) ? [] : ["no log is compacted, and no read met a compacted one"],
  look(record, found) {
    if (!isCompacted(record)) return;
    const keyed = keyedRecords(record);
    const stay = record.retention?.deletionsStay === true;
    for (const log of record.logs) lookAt(stretchOf(log), { keyed, stay, found });
    for (const read of record.reads) {
      const stretch = stretchRead(read);
      if (stretch !== undefined) lookAt(stretch, { keyed, stay, found });
    }
    lookAtPairs(record.logs, keyed, found);
  },
});

/** Compacted offsets that somebody has seen whole. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly compactedTo: number;
  readonly values: ReadonlyMap<number, string>;
  /** When it was seen; absent: in the end. */
  readonly atMs: number | undefined;
  readonly who: string;
  readonly facts: ViolationFacts;
}

interface Known {
  readonly keyed: KeyedRecords;
  /** Deletions are never old enough to go. */
  readonly stay: boolean;
  readonly found: Findings;
}

function isCompacted({ logs, reads }: RunRecord): boolean {
  return (
    logs.some(({ compactedTo = 0 }) => compactedTo > 0) ||
    reads.some(({ answer, from }) => (answer?.compactedTo ?? 0) > from)
  );
}

function stretchOf({ nodeId, entries, snapshotEnd = 0, compactedTo = 0 }: ReadLog): Stretch {
  const values = new Map<number, string>();
  for (const { baseOffset, values: held } of entries)
    for (const [i, value] of held.entries()) {
      const offset = baseOffset + i;
      if (offset >= snapshotEnd && offset < compactedTo) values.set(offset, value);
    }
  const facts = { nodes: [nodeId] };
  const atMs = undefined;
  return { from: snapshotEnd, to: compactedTo, compactedTo, values, atMs, who: nodeId, facts };
}

/**
 * A node that was sent a compacted log has it as its leader has trimmed it, and applies the trims a
 * little later: what says how far it was trimmed comes with it, so that a reader is told at once.
 */
function stretchRead(read: ReadOperation): Stretch | undefined {
  const { compactedTo = 0, nextOffset = 0, values: given } = read.answer ?? { values: [] };
  if (compactedTo <= read.from) return undefined;
  const values = new Map<number, string>();
  for (let i = 0; i < given.length; i++) values.set(offsetAt(read, i), given[i] ?? "");
  const to = Math.min(compactedTo, Math.max(endOfRead(read), nextOffset));
  const who = `${read.client}'s read of ${read.nodeId} from ${read.from}`;
  const facts = { operations: [read], nodes: [read.nodeId] };
  return { from: read.from, to, compactedTo, values, atMs: read.settledMs, who, facts };
}

function lookAt(stretch: Stretch, { keyed, stay, found }: Known): void {
  const { from, to, compactedTo, values, atMs, who, facts } = stretch;
  const { acknowledged } = keyed;
  for (let at = firstFrom(acknowledged, from); at < acknowledged.length; at++) {
    const record = acknowledged[at];
    if (record === undefined || record.offset >= to) break;
    const { key, offset, value, deletes } = record;
    if (values.has(offset)) continue;
    const newest = key === undefined ? record : keyed.newestBelow(key, compactedTo);
    if (newest !== undefined && newest.offset > offset) continue;
    // What superseded it may itself be gone by the end of the run, and nobody knows of it.
    if (key !== undefined && atMs !== undefined && keyed.mayBeWritten(key, atMs)) continue;
    const deleted = !stay && (deletes || (key !== undefined && keyed.mayBeDeleted(key)));
    if (!deleted)
      found.add(
        `${who} has not ${value}, acknowledged at ${offset}, and no newer record of its key ` +
          `below ${compactedTo}, where its compacted log ends`,
        { ...facts, offset },
      );
    else if (deletes && key !== undefined) lookForOlder(record, key, stretch, { keyed, found });
  }
}

/** A deletion is gone: then what it deleted must be gone, too. */
function lookForOlder(
  gone: KeyedRecord,
  key: string,
  { values, who, facts }: Stretch,
  { keyed, found }: Pick<Known, "keyed" | "found">,
): void {
  for (const [offset, value] of values)
    if (offset < gone.offset && keyed.keyOf(value) === key)
      found.add(`${who} has ${value} at ${offset}, and not ${gone.value}, which deletes it`, {
        ...facts,
        offset,
      });
}

/**
 * Of two nodes that are compacted up to the same point, both show the same newest records. Of an
 * entry that the log begins within, the records before it may be gone from one and not the other
 * (seed 209334).
 */
function lookAtPairs(logs: readonly ReadLog[], keyed: KeyedRecords, found: Findings): void {
  for (const [at, one] of logs.entries())
    for (const other of logs.slice(at + 1)) {
      const { compactedTo = 0, snapshotEnd = 0 } = one;
      if (compactedTo === 0 || compactedTo !== other.compactedTo) continue;
      if (snapshotEnd !== (other.snapshotEnd ?? 0)) continue;
      compare([one, newestOf(one, keyed)], [other, newestOf(other, keyed)], keyed, found);
      compare([other, newestOf(other, keyed)], [one, newestOf(one, keyed)], keyed, found);
    }
}

type Newest = readonly [ReadLog, ReadonlyMap<string, { offset: number; value: string }>];

function compare([log, here]: Newest, [twin, there]: Newest, keyed: KeyedRecords, found: Findings) {
  for (const [key, { offset, value }] of here) {
    const other = there.get(key);
    if (other !== undefined && other.offset >= offset) continue;
    if (other === undefined && keyed.deletes(value)) continue;
    found.add(
      `${log.nodeId} has ${value} at ${offset}, where its log is compacted, and ` +
        `${twin.nodeId}, compacted as far, ${other === undefined ? "nothing" : other.value}`,
      { offset, nodes: [log.nodeId, twin.nodeId] },
    );
  }
}

/** By key, and records without one each by themselves. */
function newestOf(log: ReadLog, keyed: KeyedRecords): Newest[1] {
  const { entries, snapshotEnd = 0, compactedTo = 0 } = log;
  const newest = new Map<string, { offset: number; value: string }>();
  for (const { baseOffset, values } of entries) {
    if (baseOffset >= compactedTo) break;
    for (const [i, value] of values.entries()) {
      const offset = baseOffset + i;
      if (offset < snapshotEnd) continue;
      const key = keyed.keyOf(value);
      newest.set(key === undefined ? `no key ${offset}` : `key ${key}`, { offset, value });
    }
  }
  return newest;
}

function firstFrom(records: readonly KeyedRecord[], from: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
