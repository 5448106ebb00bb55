import type { LogIndex } from "../../common/brand.ts";
import type { OpenSegment } from "./open-segment.ts";

/** Entries of one segment on their way to disk together. */
export interface Group {
  readonly segment: OpenSegment;
  readonly first: LogIndex;
  /** Shrinks when the suffix is truncated meanwhile; below `first`: nothing is left of it. */
  last: LogIndex;
}

export function isEmptyGroup(group: Group): boolean {
  return group.last < group.first;
}

/** Entries from `from` on are gone from memory, so nobody may hear of them as they were. */
export function shrinkGroup(group: Group, from: LogIndex): void {
  if (group.last >= from) group.last = (from - 1) as LogIndex;
}
