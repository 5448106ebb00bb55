import type { ReadOperation } from "../history.ts";
import { defineCheck } from "./check.ts";
import { type FinalLog, finalLog, withoutFinalLog } from "./final-log.ts";
import { endOfRead, offsetAt } from "./offsets-of.ts";
import type { Findings } from "./violation.ts";

export const dirtyRead = defineCheck({
  id: "K9",
  name: "dirty read",
  sentence: "Only what is committed is ever read: it lies in the log for ever, at that offset.",
  unseen: (record) => [
    ...withoutFinalLog(record),
    ...(record.reads.some(({ answer }) => answer !== undefined) ? [] : ["no read was answered"]),
  ],
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    for (const read of record.reads) {
      lookAtValues(read, log, found);
      lookAtEnd(read, log, found);
    }
  },
});

function lookAtValues(read: ReadOperation, log: FinalLog, found: Findings): void {
  const values = read.answer?.values ?? [];
  for (let i = 0; i < values.length; i++) {
    const offset = offsetAt(read, i);
    if (offset < log.start || values[i] === log.valueAt(offset) || log.isHole(offset)) continue;
    found.add(
      `${values[i]} was read at ${offset}, where ${log.valueAt(offset) ?? "nothing"} lies now`,
      { operations: [read], offset, nodes: [read.nodeId] },
    );
  }
}

/** Where the log is compacted, nobody knows any more where batches began. */
function isWithinBatch(log: FinalLog, offset: number): boolean {
  if (offset <= Math.max(log.start, log.compactedTo)) return false;
  return log.begins[offset - log.start] === 0;
}

/** The high watermark: not past the log's end, not below what was given, not within a batch. */
function lookAtEnd(read: ReadOperation, log: FinalLog, found: Findings): void {
  if (read.answer === undefined) return;
  const { highWatermark, values } = read.answer;
  const facts = { operations: [read], offset: highWatermark, nodes: [read.nodeId] };
  if (highWatermark > log.end)
    found.add(`a read was told of ${highWatermark} records; the log ends at ${log.end}`, facts);
  else if (isWithinBatch(log, highWatermark))
    found.add(`a read was told of ${highWatermark} records, a part of a batch`, facts);
  if (values.length > 0 && endOfRead(read) > highWatermark)
    found.add(
      `a read was given records up to ${endOfRead(read)}, past the high watermark ` +
        `${highWatermark}`,
      facts,
    );
}
