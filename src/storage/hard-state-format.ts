import { LogIndex, Offset, Term } from "../common/brand.ts";
import { isCount, isPlainObject, isText } from "./json-fields.ts";
import { HARD_STATE_FILE } from "./layout.ts";
import type { RecordFormat } from "./record-file.ts";
import type { HardStateRecord, SegmentRef } from "./types.ts";

/** The record, and whether it may be believed: distrust outlives the boot that found cause. */
export interface StoredHardState {
  readonly record: HardStateRecord;
  readonly trusted: boolean;
}

/** The body: `{currentTerm, votedFor?, incarnation, firstSegment?, activeSegment?, trusted}`. */
export const HARD_STATE_FORMAT: RecordFormat<StoredHardState> = {
  name: HARD_STATE_FILE,
  magic: "BALSA-HS",
  version: 1,
  // One sector: short to write, and never grows, so a sync has no file size to write.
  fileBytes: 512,
  encode: ({ record, trusted }) => ({ ...record, trusted }),
  decode(body) {
    const { currentTerm, votedFor, incarnation, trusted } = body;
    const firstSegment = segmentRef(body["firstSegment"]);
    const activeSegment = segmentRef(body["activeSegment"]);
    if (!isCount(currentTerm) || !isCount(incarnation) || typeof trusted !== "boolean")
      return undefined;
    if (votedFor !== undefined && !isText(votedFor)) return undefined;
    if (firstSegment === "wrong" || activeSegment === "wrong") return undefined;
    const term = Term(currentTerm);
    return {
      record: { currentTerm: term, votedFor, incarnation, firstSegment, activeSegment },
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
