import type { AppendOperation, RunRecord } from "../history.ts";
import { appendedValues } from "./appended-values.ts";
import { defineCheck } from "./check.ts";
import { finalLog, NOBODY, withoutFinalLog } from "./final-log.ts";
import { offsetAt } from "./offsets-of.ts";
import type { Findings } from "./violation.ts";

/** `failed` promises that the batch was never stamped; a client sends it again without fear. */
export const aborted = defineCheck({
  id: "K3",
  name: "aborted",
  sentence: "What was told to have failed lies nowhere and was never read.",
  unseen: withoutFinalLog,
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    for (let at = 0; at < log.numbers.length; at++) {
      if (log.numbers[at] === NOBODY) continue;
      const append = record.appends[log.appendAt(log.start + at)];
      if (append?.outcome !== "failed") continue;
      found.add(`${log.values[at]} was told to have failed and lies at ${log.start + at}`, {
        operations: [append],
        offset: log.start + at,
        nodes: [log.nodeId],
      });
    }
    lookAtReads(record, found);
  },
});

/** Only values that the log does not hold are looked up: the others have been judged above. */
function lookAtReads(record: RunRecord, found: Findings): void {
  const log = finalLog(record);
  for (const read of record.reads) {
    const values = read.answer?.values ?? [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? "";
      const offset = offsetAt(read, i);
      if (value === log?.valueAt(offset)) continue;
      const append = appendOf(record, value);
      if (append?.outcome !== "failed") continue;
      found.add(`${value} was told to have failed and was read at ${offset}`, {
        operations: [append, read],
        offset,
        nodes: [read.nodeId],
      });
    }
  }
}

function appendOf(record: RunRecord, value: string): AppendOperation | undefined {
  const appended = appendedValues(record);
  const number = appended.numberOf(value);
  return number === undefined ? undefined : record.appends[appended.appendOf[number] ?? NOBODY];
}
