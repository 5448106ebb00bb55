import type { ScaleFigures } from "./figures.ts";

const GOALS = {
  tailMbPerSecond: 250,
  servingMs: 1000,
  memoryMib: 200,
  catchUpMbPerSecond: 100,
  reads: 2,
};

function goal(text: string, reached: boolean): string {
  return `(goal ${text}${reached ? "" : "; not yet"})`;
}

/** A line for people for each figure. */
export function scaleLines(figures: ScaleFigures): readonly string[] {
  return [
    ...figures.tails.map((tail) =>
      [
        `P4  ${tail.gigabytes} GB, one reader at a follower: cold`,
        `${tail.coldMbPerSecond.toFixed(0)} MB/s`,
        goal(">= 250", tail.coldMbPerSecond >= GOALS.tailMbPerSecond),
        `at ${tail.nodeCpuSeconds.toFixed(1)} + ${tail.readerCpuSeconds.toFixed(1)} s of CPU a GB;`,
        `live beside P3 ${tail.liveMbPerSecond.toFixed(0)} MB/s, ${tail.liveLag} records behind`,
      ].join(" "),
    ),
    ...figures.restarts.map((restart) =>
      [
        `P6  ${restart.gigabytes} GB, ${restart.segments} segments: serving after`,
        `${restart.servingMs.toFixed(0)} ms`,
        goal("<= 1000", restart.servingMs <= GOALS.servingMs),
        `with ${restart.cpuMs.toFixed(0)} ms of CPU and ${restart.readMib.toFixed(1)} MiB read;`,
        `RSS ${restart.memory.rssMib} MiB, at most ${restart.memory.peakMib}`,
      ].join(" "),
    ),
    ...figures.memory.map(({ gigabytes, load, leaderPeakMib, followersPeakMib }) => {
      const highest = Math.max(leaderPeakMib, ...followersPeakMib);
      return [
        `P7  ${gigabytes} GB, under ${load}: RSS at most ${leaderPeakMib} MiB on the leader,`,
        `${followersPeakMib.join(" and ")} on the followers`,
        goal("<= 200", highest <= GOALS.memoryMib),
      ].join(" ");
    }),
    ...figures.catchUps.map((catchUp) =>
      [
        `P8  ${catchUp.gigabytes} GB: a wiped follower has it`,
        `after ${catchUp.seconds.toFixed(1)} s,`,
        `${catchUp.mbPerSecond.toFixed(0)} MB/s`,
        goal(">= 100", catchUp.mbPerSecond >= GOALS.catchUpMbPerSecond),
        `at ${catchUp.leaderCpuSeconds.toFixed(1)} s of the leader's CPU a GB and`,
        `${catchUp.followerCpuSeconds.toFixed(1)} of its own;`,
        `RSS at most ${catchUp.leaderPeakMib} and ${catchUp.followerPeakMib} MiB`,
      ].join(" "),
    ),
    ...figures.lookups.map((found) =>
      [
        `P9  ${found.gigabytes} GB, by ${found.by}: at most ${found.mostReads} reads of the disk`,
        goal("<= 2", found.mostReads <= GOALS.reads),
        `in ${found.lookups} lookups, ${found.meanReads.toFixed(2)} on average,`,
        `p50 ${found.p50Ms.toFixed(2)} ms, at most ${found.mostMs.toFixed(0)} ms`,
      ].join(" "),
    ),
  ];
}
