import { cpuTimesUs } from "../cpu-time.ts";
import { answered, DirectCalls } from "./direct-calls.ts";
import type { CatchUpFigures } from "./figures.ts";
import type { GrownCluster } from "./grown-cluster.ts";
import { memoryOf, resetPeak } from "./process-figures.ts";

/** P8: wipes a follower, starts it again, and waits until it has what the leader had then. */
export async function measureCatchUp(
  grown: GrownCluster,
  gigabytes: number,
): Promise<CatchUpFigures> {
  const leader = await grown.leader();
  const follower = await grown.follower();
  const asked = new DirectCalls(leader.clientAddress);
  const { lastIndex, segments } = await asked.status();
  asked.close();
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  await grown.cluster.kill(follower.id, "SIGKILL");
  grown.wipe(follower);
  grown.forget(leader);
  const leaderPid = grown.pidOf(leader);
  resetPeak(leaderPid);
  const leaderBeforeUs = cpuTimesUs([leaderPid]);
  const startedMs = performance.now();
  grown.cluster.start(follower.id);
  const calls = new DirectCalls(follower.clientAddress);
  await answered(
    () => calls.status(),
    100,
    ({ durableIndex }) => durableIndex >= lastIndex,
  );
  calls.close();
  const seconds = (performance.now() - startedMs) / 1000;
  const followerPid = grown.pidOf(follower);
  return {
    gigabytes,
    seconds,
    mbPerSecond: bytes / 1e6 / seconds,
    leaderCpuSeconds: (cpuTimesUs([leaderPid]) - leaderBeforeUs) / 1e6 / (bytes / 1e9),
    followerCpuSeconds: cpuTimesUs([followerPid]) / 1e6 / (bytes / 1e9),
    leaderPeakMib: memoryOf(leaderPid).peakMib,
    followerPeakMib: memoryOf(followerPid).peakMib,
  };
}
