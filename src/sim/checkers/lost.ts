import type { RunRecord } from "../history.ts";
import { appendedValues } from "./appended-values.ts";
import { defineCheck } from "./check.ts";
import { finalLog, withoutFinalLog } from "./final-log.ts";
import type { Findings } from "./violation.ts";

/** An acknowledged record may only be gone where the log's beginning was truncated. */
export const lost = defineCheck({
  id: "K1",
  name: "lost",
  sentence: "What was acknowledged lies at the acknowledged offset.",
  unseen: withoutFinalLog,
  look,
});

function look(record: RunRecord, found: Findings): void {
  const log = finalLog(record);
  if (log === undefined) return;
  const { firstOf } = appendedValues(record);
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
      const truncated = at < 0 && offset >= 0;
      if (truncated || log.numbers[at] === first + i) continue;
      found.add(
        `${values[i]} was acknowledged at ${offset + i}, where ${log.values[at] ?? "nothing"} is`,
        { operations: [operation], offset: offset + i, nodes: [log.nodeId] },
      );
    }
  }
}
