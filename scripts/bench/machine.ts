import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";

/** What figures depend on and what another machine may not have. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly fileSystem: string;
  /** Median of one `fdatasync` after 4 KiB to a growing file. */
  readonly fdatasyncMs: number;
  /** The same where the blocks exist already. */
  readonly fdatasyncPreallocatedMs: number;
}

const SYNCS = 200;
const BLOCK = Buffer.alloc(4096, "b");

function syncMs(path: string, preallocate: boolean): number {
  const fd = openSync(path, "w");
  if (preallocate) writeSync(fd, Buffer.alloc(BLOCK.length * SYNCS), 0);
  fdatasyncSync(fd);
  const times = Array.from({ length: SYNCS }, (_, at) => {
    const startMs = performance.now();
    writeSync(fd, BLOCK, 0, BLOCK.length, at * BLOCK.length);
    fdatasyncSync(fd);
    return performance.now() - startMs;
  });
  closeSync(fd);
  rmSync(path);
  return times.toSorted((a, b) => a - b)[SYNCS >> 1] ?? Number.NaN;
}

/** Type of the file system that holds `directory`: of the longest mount point above it. */
function fileSystemOf(directory: string): string {
  try {
    const mounts = readFileSync("/proc/mounts", "utf8").trim().split("\n");
    const above = mounts
      .map((line) => line.split(" "))
      .filter(([, point = ""]) => `${directory}/`.startsWith(point === "/" ? "/" : `${point}/`))
      .toSorted(([, a = ""], [, b = ""]) => b.length - a.length);
    return above[0]?.[2] ?? "unknown";
  } catch {
    return `type 0x${statfsSync(directory).type.toString(16)}`;
  }
}

export function describeMachine(directory: string): Machine {
  const file = join(directory, "sync-cost");
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: fileSystemOf(directory),
    fdatasyncMs: Number(syncMs(file, false).toFixed(3)),
    fdatasyncPreallocatedMs: Number(syncMs(file, true).toFixed(3)),
  };
}
