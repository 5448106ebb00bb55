import type { NodeId } from "../../common/brand.ts";
import type { ReadEntry, ReadLog } from "../history.ts";
import { denseEntries } from "./dense-entries.ts";

/** What lies at one index on two nodes: on the first node that was read, and on another. */
export type VisitPair = (
  entry: ReadEntry,
  twin: ReadEntry,
  nodes: readonly [NodeId, NodeId],
) => void;

/**
 * Every entry of every other node's log that is not compacted, beside the longest log's entry of
 * the same index.
 */
export function logPairs(logs: readonly ReadLog[], visit: VisitPair): void {
  const dense = logs.map((log) => ({ nodeId: log.nodeId, entries: denseEntries(log) }));
  const [longest] = dense.toSorted((a, b) => b.entries.length - a.entries.length);
  const first = longest?.entries[0];
  if (longest === undefined || first === undefined) return;
  for (const log of dense) {
    if (log === longest) continue;
    for (const twin of log.entries) {
      const entry = longest.entries[twin.index - first.index];
      if (entry?.index === twin.index) visit(entry, twin, [longest.nodeId, log.nodeId]);
    }
  }
}
