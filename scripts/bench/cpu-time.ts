import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Length of the kernel's clock tick in microseconds: what `/proc/PID/stat` counts in. */
const TICK_US = 1e6 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** CPU time that a process has used so far, in user and kernel mode, in microseconds. */
function cpuTimeUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold anything: the fields begin after it, with the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** CPU time of several processes together, in microseconds. */
export function cpuTimesUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuTimeUs(pid), 0);
}
