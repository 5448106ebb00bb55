import type { AppendOperation, ReadLog } from "../history.ts";

/**
 * What was acknowledged lies at its offset; what failed lies nowhere; nothing lies twice; nothing
 * lies there that nobody appended (K1 to K4 of the checks).
 */
export function checkAcknowledgedRecords(
  operations: readonly AppendOperation[],
  log: ReadLog,
): string[] {
  const violations: string[] = [];
  const offsetOf = new Map<string, number>();
  for (const { baseOffset, values } of log.entries)
    for (const [i, value] of values.entries()) {
      const earlier = offsetOf.get(value);
      if (earlier !== undefined)
        violations.push(`${value} lies at ${earlier} and again at ${baseOffset + i}`);
      offsetOf.set(value, baseOffset + i);
    }
  const appended = new Set<string>();
  for (const { values, outcome, offset } of operations)
    for (const [i, value] of values.entries()) {
      appended.add(value);
      const found = offsetOf.get(value);
      if (outcome === "acknowledged" && found !== (offset ?? 0) + i)
        violations.push(`${value} was acknowledged at ${(offset ?? 0) + i} and lies at ${found}`);
      if (outcome === "failed" && found !== undefined)
        violations.push(`${value} was told to have failed and lies at ${found}`);
    }
  for (const value of offsetOf.keys())
    if (!appended.has(value)) violations.push(`${value} lies in the log and nobody appended it`);
  return violations;
}
