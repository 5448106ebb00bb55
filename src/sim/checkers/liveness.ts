import type { Recovery } from "../history.ts";
import { defineCheck } from "./check.ts";

/** A leader is due this many election timeouts after the last fault. */
const LEADER_DUE_TIMEOUTS = 3;

export const liveness = defineCheck({
  id: "K16",
  name: "liveness",
  sentence: "When faults are over the cluster leads, acknowledges and agrees, within its limit.",
  unseen: ({ recovery }) =>
    recovery === undefined ? ["nobody noted how the cluster came back after the faults"] : [],
  look({ recovery, timing }, found) {
    if (recovery === undefined) return;
    const { healedMs, limitMs } = recovery;
    const leaderDueMs =
      timing === undefined
        ? limitMs
        : Math.min(limitMs, LEADER_DUE_TIMEOUTS * timing.electionTimeoutMs);
    for (const [what, cameMs, dueMs] of [
      ["node leads", recovery.leaderMs, leaderDueMs],
      ["append is acknowledged", recovery.acknowledgedMs, limitMs],
      ["two nodes have committed the same", recovery.equalMs, limitMs],
    ] as const) {
      if (cameMs !== undefined && cameMs - healedMs <= dueMs) continue;
      const came = cameMs === undefined ? "in the whole run" : `before ${cameMs - healedMs} ms`;
      found.add(`no ${what} within ${dueMs} ms after the faults, nor ${came}${states(recovery)}`, {
        timeMs: healedMs + dueMs,
      });
    }
    for (const file of recovery.unmended ?? [])
      found.add(`${file} is damaged still, and another node could mend it`, {});
  },
});

function states({ states: said }: Recovery): string {
  return said === undefined ? "" : ` (${said})`;
}
