import type { ReadLog, ReadOperation } from "../history.ts";
import { defineCheck } from "./check.ts";
import type { Findings } from "./violation.ts";

export const gap = defineCheck({
  id: "K8",
  name: "gap",
  sentence: "Indexes and offsets are dense, from where the snapshot ends; reads skip nothing.",
  unseen: ({ logs, reads }) => [
    ...(logs.length === 0 ? ["no node's log was read after the run"] : []),
    ...(reads.length > 0 && reads.every(({ answer }) => answer?.offsets === undefined)
      ? ["reads do not carry the offsets they were given"]
      : []),
  ],
  look({ logs, reads }, found) {
    for (const log of logs) lookAtLog(log, found);
    for (const read of reads) lookAtRead(read, found);
  },
});

function lookAtLog({ nodeId, entries, snapshotEnd = 0 }: ReadLog, found: Findings): void {
  const [first] = entries;
  if (first === undefined) return;
  if (first.baseOffset > snapshotEnd)
    found.add(`${nodeId} begins at ${first.baseOffset}; its snapshot ends before ${snapshotEnd}`, {
      offset: snapshotEnd,
      nodes: [nodeId],
    });
  let next = { index: first.index, offset: first.baseOffset };
  for (const { index, baseOffset, values } of entries) {
    if (index !== next.index)
      found.add(`${nodeId}: index ${index} after ${next.index - 1}`, { index, nodes: [nodeId] });
    if (baseOffset !== next.offset)
      found.add(`${nodeId}: entry ${index} has offset ${baseOffset}, not ${next.offset}`, {
        index,
        offset: next.offset,
        nodes: [nodeId],
      });
    next = { index: index + 1, offset: baseOffset + values.length };
  }
}

function lookAtRead(read: ReadOperation, found: Findings): void {
  const offsets = read.answer?.offsets;
  if (offsets === undefined) return;
  const at = offsets.findIndex((offset, i) => offset !== read.from + i);
  if (at < 0) return;
  found.add(`a read from ${read.from} was given ${offsets[at]} where ${read.from + at} comes`, {
    operations: [read],
    offset: read.from + at,
    nodes: [read.nodeId],
  });
}
