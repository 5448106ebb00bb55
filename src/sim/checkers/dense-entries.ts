import type { ReadEntry, ReadLog } from "../history.ts";

/** The entries of Raft's log: what is compacted is records, and no entries any more. */
export function denseEntries({ entries, compactedTo = 0 }: ReadLog): readonly ReadEntry[] {
  if (compactedTo === 0) return entries;
  const at = entries.findIndex(({ baseOffset }) => baseOffset >= compactedTo);
  return at < 0 ? [] : entries.slice(at);
}
