import type { RunRecord } from "../history.ts";
import { appendedValues } from "./appended-values.ts";
import { defineCheck } from "./check.ts";
import { type FinalLog, finalLog, NOBODY, withoutFinalLog } from "./final-log.ts";
import { inOrder } from "./in-order.ts";
import type { Findings } from "./violation.ts";

export const sessionOrder = defineCheck({
  id: "K5",
  name: "session order",
  sentence: "A session's records lie in the order of their sequence, a batch's all together.",
  unseen: (record) => [
    ...withoutFinalLog(record),
    ...(record.appends.some(({ sequence }) => sequence !== undefined)
      ? []
      : ["no append carries a sequence: the order of sessions is not judged"]),
  ],
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    lookAtBatches(record, log, found);
    lookAtSessions(record, log, found);
  },
});

/** All of a batch or nothing, and nothing in between. */
function lookAtBatches(record: RunRecord, log: FinalLog, found: Findings): void {
  const { firstOf, appendOf } = appendedValues(record);
  for (let at = 0; at < log.numbers.length; at++) {
    const number = log.numbers[at] ?? NOBODY;
    if (number === NOBODY) continue;
    const position = appendOf[number] ?? NOBODY;
    const isFirst = number === firstOf[position];
    const isLast = number + 1 === firstOf[position + 1];
    const followsOn = isFirst || log.numbers[at - 1] === number - 1 || isGone(log, at - 1);
    const goesOn = isLast || log.numbers[at + 1] === number + 1 || isGone(log, at + 1);
    if (followsOn && goesOn) continue;
    const append = record.appends[position];
    found.add(`${log.values[at]} at ${log.start + at} does not lie with the rest of its batch`, {
      operations: append === undefined ? [] : [append],
      offset: log.start + at,
      nodes: [log.nodeId],
    });
  }
}

/** Compaction keeps of a batch what is the newest of its key; a trim may end within one. */
function isGone(log: FinalLog, at: number): boolean {
  return log.isHole(log.start + at) || (at < 0 && log.start < log.compactedTo);
}

function lookAtSessions(record: RunRecord, log: FinalLog, found: Findings): void {
  const offsets = log.offsets(record.appends);
  const written = [...record.appends.keys()].filter(
    (position) =>
      record.appends[position]?.sequence !== undefined && !Number.isNaN(offsets[position]),
  );
  const latest = new Map<string, number>();
  for (const position of inOrder(written, (at) => offsets[at] ?? 0)) {
    const append = record.appends[position];
    if (append === undefined) continue;
    const before = record.appends[latest.get(append.client) ?? NOBODY];
    latest.set(append.client, position);
    if (before === undefined || (before.sequence ?? 0) < (append.sequence ?? 0)) continue;
    found.add(
      `${append.client}: number ${append.sequence} (${append.values[0]}) lies after ` +
        `number ${before.sequence} (${before.values[0]})`,
      { operations: [before, append], offset: offsets[position] ?? 0 },
    );
  }
}
