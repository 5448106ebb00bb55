import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in the kernel's ticks; absent where there is no /proc. */
  readonly startedAt: string | undefined;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: startTicks(pid) };
}

/** Whether that very process still runs (stopped counts, a zombie does not). */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  if (startedAt !== undefined) return startTicks(pid) === startedAt;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Signals the whole group that `pid` leads; it may have ended meanwhile. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold spaces: count fields after its end. State first, then 21st.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
