import type { MemoryFigures } from "./figures.ts";
import type { GrownCluster } from "./grown-cluster.ts";
import { memoryOf, resetPeak } from "./process-figures.ts";

/** P7: runs `load` and answers how much memory each node had at most meanwhile. */
export async function measurePeaks<T>(
  grown: GrownCluster,
  gigabytes: number,
  load: string,
  run: () => Promise<T>,
): Promise<{ readonly memory: MemoryFigures; readonly result: T }> {
  const leader = await grown.leader();
  const followers = grown.cluster.nodes.filter(({ id }) => id !== leader.id);
  for (const node of grown.cluster.nodes) resetPeak(grown.pidOf(node));
  const result = await run();
  const peak = (node: typeof leader): number => memoryOf(grown.pidOf(node)).peakMib;
  const memory = {
    ...{ gigabytes, load },
    leaderPeakMib: peak(leader),
    followersPeakMib: followers.map(peak),
  };
  return { memory, result };
}
