import { appendedValues } from "./appended-values.ts";
import { defineCheck } from "./check.ts";
import { finalLog, NOBODY, withoutFinalLog } from "./final-log.ts";

export const duplicate = defineCheck({
  id: "K4",
  name: "duplicate",
  sentence: "Nothing lies twice in the log, however often it was sent.",
  unseen: withoutFinalLog,
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    const { appendOf } = appendedValues(record);
    const seenAt = new Float64Array(appendOf.length).fill(Number.NaN);
    for (let at = 0; at < log.numbers.length; at++) {
      const number = log.numbers[at] ?? NOBODY;
      if (number === NOBODY) continue;
      const offset = log.start + at;
      const earlier = seenAt[number] ?? Number.NaN;
      const append = record.appends[appendOf[number] ?? NOBODY];
      if (!Number.isNaN(earlier))
        found.add(`${log.values[at]} lies at ${earlier} and again at ${offset}`, {
          operations: append === undefined ? [] : [append],
          offset,
          nodes: [log.nodeId],
        });
      seenAt[number] = offset;
    }
  },
});
