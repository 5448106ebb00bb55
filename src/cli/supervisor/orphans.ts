import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterFile } from "./cluster-file.ts";
import { isAlive, type ProcessIdentity, signalGroup } from "./process-identity.ts";

const PATIENCE_MS = 10_000;
const POLL_MS = 50;

/**
 * Nodes of a supervisor that was killed. They stop by themselves when their stdin closes, but one
 * that was paused must be woken first, and one that hangs is killed in the end.
 */
export async function stopOrphans({ nodes }: ClusterFile): Promise<void> {
  const orphans = nodes.flatMap(({ process }) => process ?? []).filter(isAlive);
  for (const { pid } of orphans) {
    signalGroup(pid, "SIGTERM");
    signalGroup(pid, "SIGCONT");
  }
  await untilGone(orphans, PATIENCE_MS);
  for (const orphan of orphans) if (isAlive(orphan)) signalGroup(orphan.pid, "SIGKILL");
  await untilGone(orphans, PATIENCE_MS);
}

/** Resolves when all are gone, or when the time is over. */
export async function untilGone(
  processes: readonly ProcessIdentity[],
  patienceMs: number,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs && processes.some(isAlive); waitedMs += POLL_MS)
    await sleep(POLL_MS);
}
