import type { ReadLog } from "../history.ts";

/** Indexes and offsets without a gap: each entry begins where the one before it ended (I1, I2). */
export function checkDenseOffsets({ nodeId, entries }: ReadLog): string[] {
  const violations: string[] = [];
  let next = { index: entries[0]?.index ?? 0, offset: 0 };
  for (const { index, baseOffset, values } of entries) {
    if (index !== next.index) violations.push(`${nodeId}: index ${index} after ${next.index - 1}`);
    if (baseOffset !== next.offset)
      violations.push(`${nodeId}: entry ${index} has offset ${baseOffset}, not ${next.offset}`);
    next = { index: index + 1, offset: baseOffset + values.length };
  }
  return violations;
}
