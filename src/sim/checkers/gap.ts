import type { ReadLog, ReadOperation } from "../history.ts";
import { defineCheck } from "./check.ts";
import { denseEntries } from "./dense-entries.ts";
import type { Findings } from "./violation.ts";

export const gap = defineCheck({
  id: "K8",
  name: "gap",
  sentence:
    "Indexes and offsets are dense from where the snapshot ends, and reads skip nothing there.",
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

function lookAtLog(log: ReadLog, found: Findings): void {
  const { nodeId, snapshotEnd = 0, compactedTo = 0 } = log;
  lookAtCompacted(log, found);
  const entries = denseEntries(log);
  const [first] = entries;
  if (first === undefined) return;
  const end = Math.max(snapshotEnd, compactedTo);
  if (first.baseOffset > end)
    found.add(`${nodeId} begins at ${first.baseOffset}; its snapshot ends before ${end}`, {
      offset: end,
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

/** Holes are as they may be, but nothing goes back and nothing reaches into the log. */
function lookAtCompacted({ nodeId, entries, compactedTo = 0 }: ReadLog, found: Findings): void {
  let next = 0;
  for (const { baseOffset, values } of entries) {
    if (baseOffset >= compactedTo) return;
    const end = baseOffset + values.length;
    if (baseOffset < next || end > compactedTo)
      found.add(
        `${nodeId}: its compacted log, up to ${compactedTo}, has [${baseOffset}, ${end}) ` +
          `where ${next} may come`,
        { offset: baseOffset, nodes: [nodeId] },
      );
    next = end;
  }
}

function lookAtRead(read: ReadOperation, found: Findings): void {
  const { offsets, compactedTo = 0 } = read.answer ?? {};
  let next = read.from;
  for (const offset of offsets ?? []) {
    if (offset !== next && (offset < next || offset > compactedTo)) {
      found.add(`a read from ${read.from} was given ${offset} where ${next} comes`, {
        operations: [read],
        offset: next,
        nodes: [read.nodeId],
      });
      return;
    }
    next = offset + 1;
  }
}
