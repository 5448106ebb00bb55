import type { Memory } from "./process-figures.ts";

/** P4: one reader at one follower. */
export interface TailFigures {
  readonly gigabytes: number;
  readonly coldMbPerSecond: number;
  /** CPU seconds that each GB cost the follower and the reader. */
  readonly nodeCpuSeconds: number;
  readonly readerCpuSeconds: number;
  /** While P3 runs: what the reader got, and how many records it was behind at its end. */
  readonly liveMbPerSecond: number;
  readonly liveLag: number;
}

/** P6: a follower that was killed, on cold files; medians of its starts. */
export interface RestartFigures {
  readonly gigabytes: number;
  readonly segments: number;
  /** From the start of the process to its first answer to a reader. */
  readonly servingMs: number;
  readonly cpuMs: number;
  /** All that it read until then, its own program included. */
  readonly readMib: number;
  readonly memory: Memory;
}

/** P7: highest RSS in MiB of a node under one load. */
export interface MemoryFigures {
  readonly gigabytes: number;
  readonly load: string;
  readonly leaderPeakMib: number;
  readonly followersPeakMib: readonly number[];
}

/** P8: a follower that was wiped. */
export interface CatchUpFigures {
  readonly gigabytes: number;
  /** From the start of its process until it has, durably, what the leader had then. */
  readonly seconds: number;
  readonly mbPerSecond: number;
  /** CPU seconds for each GB. */
  readonly leaderCpuSeconds: number;
  readonly followerCpuSeconds: number;
  readonly leaderPeakMib: number;
  readonly followerPeakMib: number;
}

/** P9: reads of the disk for each lookup. */
export interface LookupFigures {
  readonly gigabytes: number;
  readonly by: "offset" | "time";
  readonly lookups: number;
  readonly mostReads: number;
  readonly meanReads: number;
  /** Share of lookups that took at most two. */
  readonly withinTwo: number;
  readonly p50Ms: number;
  readonly mostMs: number;
}

export interface ScaleFigures {
  readonly tails: readonly TailFigures[];
  readonly restarts: readonly RestartFigures[];
  readonly memory: readonly MemoryFigures[];
  readonly catchUps: readonly CatchUpFigures[];
  readonly lookups: readonly LookupFigures[];
}
