import type { RunRecord } from "../history.ts";
import { appendedValues } from "./appended-values.ts";
import { defineCheck } from "./check.ts";
import { finalLog, withoutFinalLog } from "./final-log.ts";
import { trimmedOffset } from "./trimmed-offset.ts";
import type { Findings } from "./violation.ts";

/**
 * An acknowledged record may only be gone where a trim that was applied moved the log's beginning
 * behind it. What compaction may take is a check of its own (`compaction.ts`).
 */
export const lost = defineCheck({
  id: "K1",
  name: "lost",
  sentence: "What was acknowledged lies at the acknowledged offset.",
  unseen: (record) => [
    ...withoutFinalLog(record),
    ...((finalLog(record)?.start ?? 0) > 0 && record.trace.length === 0
      ? ["no trace tells of trims: what lies below the log start is not judged"]
      : []),
  ],
  look,
});

function look(record: RunRecord, found: Findings): void {
  const log = finalLog(record);
  if (log === undefined) return;
  const { firstOf } = appendedValues(record);
  const trimmedTo = record.trace.length === 0 ? Infinity : trimmedOffset(record);
  for (const [position, operation] of record.appends.entries()) {
    const { outcome, offset, values } = operation;
    if (outcome !== "acknowledged") continue;
    if (offset === undefined) {
      found.add(`${values[0]} was acknowledged without an offset`, { operations: [operation] });
      continue;
    }
    const first = firstOf[position] ?? 0;
    for (let i = 0; i < values.length; i++) {
      const at = offset + i - log.start;
      const trimmed = at < 0 && offset >= 0 && offset + i < trimmedTo;
      if (trimmed || log.numbers[at] === first + i || log.isHole(offset + i)) continue;
      found.add(
        `${values[i]} was acknowledged at ${offset + i}, where ${log.values[at] ?? "nothing"} is` +
          (at < 0 ? `: the log begins at ${log.start}, and was trimmed to ${trimmedTo}` : ""),
        { operations: [operation], offset: offset + i, nodes: [log.nodeId] },
      );
    }
  }
}
