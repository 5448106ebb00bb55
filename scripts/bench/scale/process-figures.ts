import { readFileSync, writeFileSync } from "node:fs";

/** Memory in MiB as the kernel counts it; `peak` since {@link resetPeak}. */
export interface Memory {
  readonly rssMib: number;
  readonly peakMib: number;
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (name: string): number => Math.round(field(status, name) / 1024);
  return { rssMib: mib("VmRSS"), peakMib: mib("VmHWM") };
}

/** From now on the peak is that of what follows. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Bytes that a process has read with system calls so far, from whatever cache or disk. */
export function bytesReadBy(pid: number): number {
  return field(readFileSync(`/proc/${pid}/io`, "utf8"), "rchar");
}
