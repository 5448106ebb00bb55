import type { AppendOperation, ReadLog, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { type FinalLog, finalLog, withoutFinalLog } from "./final-log.ts";
import { inOrder } from "./in-order.ts";
import { offsetAt } from "./offsets-of.ts";
import type { Findings } from "./violation.ts";

export const divergence = defineCheck({
  id: "K7",
  name: "divergence",
  sentence: "One offset, one record: in every node's log, every answer and every read.",
  unseen: (record) => [
    ...withoutFinalLog(record),
    ...(record.logs.length === 1 ? ["only one node's log was read"] : []),
  ],
  look(record, found) {
    const log = finalLog(record);
    if (log === undefined) return;
    for (const other of record.logs) if (other.nodeId !== log.nodeId) lookAtLog(other, log, found);
    lookAtAcknowledgements(record, found);
    lookAtReads(record, log, found);
  },
});

function lookAtLog({ nodeId, entries }: ReadLog, log: FinalLog, found: Findings): void {
  for (const { baseOffset, values } of entries)
    for (let i = 0; i < values.length; i++) {
      const offset = baseOffset + i;
      const twin = log.valueAt(offset);
      if (twin === undefined || twin === values[i]) continue;
      found.add(`${nodeId} has ${values[i]} at ${offset}, where ${log.nodeId} has ${twin}`, {
        offset,
        nodes: [nodeId, log.nodeId],
      });
    }
}

/** No offset was given away twice. */
function lookAtAcknowledgements({ appends }: RunRecord, found: Findings): void {
  const given = appends.filter(
    ({ outcome, offset }) => outcome === "acknowledged" && offset !== undefined,
  );
  let before: AppendOperation | undefined;
  for (const append of inOrder(given, ({ offset }) => offset ?? 0)) {
    const offset = append.offset ?? 0;
    if (before !== undefined && (before.offset ?? 0) + before.values.length > offset)
      found.add(`${before.values[0]} and ${append.values[0]} were both given offset ${offset}`, {
        operations: [before, append],
        offset,
      });
    before = append;
  }
}

/** A read that differs from the log is a dirty read; two that differ from each other are this. */
function lookAtReads({ reads }: RunRecord, log: FinalLog, found: Findings): void {
  const strange = new Map<number, Set<string>>();
  const each = (visit: (offset: number, value: string) => void): void => {
    for (const read of reads) {
      const values = read.answer?.values ?? [];
      for (let i = 0; i < values.length; i++) visit(offsetAt(read, i), values[i] ?? "");
    }
  };
  each((offset, value) => {
    if (offset >= log.start && value !== log.valueAt(offset)) strange.set(offset, new Set());
  });
  if (strange.size === 0) return;
  each((offset, value) => strange.get(offset)?.add(value));
  for (const [offset, values] of strange)
    if (values.size > 1)
      found.add(`readers were given ${[...values].join(" and ")} at offset ${offset}`, { offset });
}
