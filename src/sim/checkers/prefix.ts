import type { ReadEntry, RunRecord, SealedFile } from "../history.ts";
import { defineCheck } from "./check.ts";
import { logPairs } from "./log-pairs.ts";
import type { Findings } from "./violation.ts";

export const prefix = defineCheck({
  id: "K12",
  name: "prefix",
  sentence:
    "Of two nodes' logs one begins as the other does; sealed segments and checkpoints are equal.",
  unseen: ({ logs, sealed }) => [
    ...(logs.length < 2 ? ["fewer than two nodes' logs were read"] : []),
    ...(sealed.length === 0 ? ["there are no sealed segments"] : []),
  ],
  look(record, found) {
    logPairs(record.logs, (entry, twin, nodes) => {
      if (entry.baseOffset === twin.baseOffset && entry.values.length === twin.values.length)
        return;
      found.add(
        `entry ${entry.index} holds offsets ${rangeOf(entry)} on ${nodes[0]} and ` +
          `${rangeOf(twin)} on ${nodes[1]}`,
        { index: entry.index, nodes },
      );
    });
    lookAtSealed(record, found);
  },
});

function rangeOf({ baseOffset, values }: ReadEntry): string {
  return `[${baseOffset}, ${baseOffset + values.length})`;
}

function lookAtSealed({ sealed }: RunRecord, found: Findings): void {
  const known = new Map<string, SealedFile>();
  for (const segment of sealed) {
    const twin = known.get(segment.file);
    if (twin === undefined) known.set(segment.file, segment);
    else if (twin.sha256 !== segment.sha256)
      found.add(`sealed ${segment.file} differs between ${twin.nodeId} and ${segment.nodeId}`, {
        nodes: [twin.nodeId, segment.nodeId],
      });
  }
}
