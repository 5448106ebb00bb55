import type { RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { type FinalLog, finalLog, NOBODY, withoutFinalLog } from "./final-log.ts";
import { offsetAt } from "./offsets-of.ts";
import type { Findings } from "./violation.ts";

export const phantom = defineCheck({
  id: "K2",
  name: "phantom",
  sentence: "Every record in the log was appended by a client, before anybody read it.",
  unseen: withoutFinalLog,
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    for (const [at, value] of log.values.entries())
      if (value !== undefined && log.numbers[at] === NOBODY)
        found.add(`${value} lies at ${log.start + at} and nobody appended it`, {
          offset: log.start + at,
          nodes: [log.nodeId],
        });
    readTooEarly(record, log, found);
  },
});

function readTooEarly({ reads, appends }: RunRecord, log: FinalLog, found: Findings): void {
  for (const read of reads) {
    const { answer, settledMs } = read;
    if (answer === undefined || settledMs === undefined) continue;
    for (let i = 0; i < answer.values.length; i++) {
      const offset = offsetAt(read, i);
      const append = appends[log.appendAt(offset)];
      if (append === undefined || append.invokedMs <= settledMs) continue;
      const value = answer.values[i];
      if (value !== log.valueAt(offset)) continue;
      found.add(`${value} was read before it was appended`, {
        operations: [append, read],
        offset,
        timeMs: settledMs,
      });
    }
  }
}
