import { assert } from "../common/assert.ts";
import { LogIndex, Offset, Term } from "../common/brand.ts";
import type { EntryId } from "../raft/types.ts";
import { isCount, isPlainObject, isText } from "./json-fields.ts";
import { HARD_STATE_FILE } from "./layout.ts";
import type { RecordFormat } from "./record-file.ts";
import type { LogStart } from "./snapshots/types.ts";
import type { HardStateRecord, SegmentRef } from "./types.ts";

/** The record, and whether it may be believed: distrust outlives the boot that found cause. */
export interface StoredHardState {
  readonly record: HardStateRecord;
  readonly trusted: boolean;
}

/**
 * The body: `{currentTerm, votedFor?, incarnation, firstSegment?, activeSegment?, snapshot?,
 * compactedTo?, reset?, trusted}`. The entry that `reset` begins after is that of `snapshot`.
 */
export const HARD_STATE_FORMAT: RecordFormat<StoredHardState> = {
  name: HARD_STATE_FILE,
  magic: "BALSA-HS",
  version: 1,
  // One sector: short to write, and never grows, so a sync has no file size to write.
  fileBytes: 512,
  encode({ record: { snapshot, compactedTo, reset, ...record }, trusted }) {
    const { nextOffset, chain, timestamp } = reset ?? {};
    assert(
      reset === undefined || reset.last.index === snapshot?.index,
      "a log is made anew after the snapshot",
    );
    return {
      ...record,
      snapshot,
      compactedTo: compactedTo === 0 ? undefined : compactedTo,
      reset: reset && { nextOffset, chain, timestamp },
      trusted,
    };
  },
  decode(body) {
    const { currentTerm, votedFor, incarnation, trusted, compactedTo = 0 } = body;
    const firstSegment = segmentRef(body["firstSegment"]);
    const activeSegment = segmentRef(body["activeSegment"]);
    const snapshot = entryId(body["snapshot"]);
    if (!isCount(currentTerm) || !isCount(incarnation) || typeof trusted !== "boolean")
      return undefined;
    if (votedFor !== undefined && !isText(votedFor)) return undefined;
    if (firstSegment === "wrong" || activeSegment === "wrong" || snapshot === "wrong")
      return undefined;
    const reset = logStart(body["reset"], snapshot);
    if (!isCount(compactedTo) || reset === "wrong") return undefined;
    const manifest = { firstSegment, activeSegment, snapshot };
    const term = Term(currentTerm);
    const prefix = { compactedTo: LogIndex(compactedTo), reset };
    return {
      record: { currentTerm: term, votedFor, incarnation, ...manifest, ...prefix },
      trusted,
    };
  },
};

function segmentRef(value: unknown): SegmentRef | undefined | "wrong" {
  if (value === undefined) return undefined;
  if (!isPlainObject(value)) return "wrong";
  const { baseOffset, firstIndex } = value;
  if (!isCount(baseOffset) || !isCount(firstIndex)) return "wrong";
  return { baseOffset: Offset(baseOffset), firstIndex: LogIndex(firstIndex) };
}

function entryId(value: unknown): EntryId | undefined | "wrong" {
  if (value === undefined) return undefined;
  if (!isPlainObject(value)) return "wrong";
  const { index, term } = value;
  if (!isCount(index) || !isCount(term)) return "wrong";
  return { index: LogIndex(index), term: Term(term) };
}

function logStart(value: unknown, last: EntryId | undefined): LogStart | undefined | "wrong" {
  if (value === undefined) return undefined;
  if (!isPlainObject(value) || last === undefined) return "wrong";
  const { nextOffset, chain, timestamp } = value;
  if (!isCount(nextOffset) || !isCount(chain) || !isCount(timestamp)) return "wrong";
  return { last, nextOffset: Offset(nextOffset), chain, timestamp };
}
