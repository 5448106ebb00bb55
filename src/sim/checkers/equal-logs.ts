import type { ReadLog } from "../history.ts";

/** One log: the same entry (term, chain, records) at the same index on every node (K7, K12, K13). */
export function checkEqualLogs(logs: readonly ReadLog[]): string[] {
  const violations: string[] = [];
  const [first, ...others] = logs;
  if (first === undefined) return violations;
  for (const other of others) {
    if (other.entries.length !== first.entries.length)
      violations.push(
        `${other.nodeId} has ${other.entries.length} entries, ${first.nodeId} ${first.entries.length}`,
      );
    const differs = first.entries.findIndex((entry, i) => {
      const twin = other.entries[i];
      return twin !== undefined && JSON.stringify(entry) !== JSON.stringify(twin);
    });
    const entry = first.entries[differs];
    if (entry !== undefined)
      violations.push(`${other.nodeId} and ${first.nodeId} differ at index ${entry.index}`);
  }
  return violations;
}
