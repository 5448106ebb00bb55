import { cpuTimesUs } from "../cpu-time.ts";
import { percentile } from "../percentile.ts";
import { answered, DirectCalls } from "./direct-calls.ts";
import type { RestartFigures } from "./figures.ts";
import type { GrownCluster } from "./grown-cluster.ts";
import { bytesReadBy, type Memory, memoryOf } from "./process-figures.ts";

interface Restart {
  readonly servingMs: number;
  readonly cpuMs: number;
  readonly readMib: number;
  readonly memory: Memory;
}

/** P6: kills a follower and starts it again while the other two go on. */
export async function measureRestarts(
  grown: GrownCluster,
  gigabytes: number,
  rounds: number,
): Promise<RestartFigures> {
  const node = await grown.follower();
  const calls = new DirectCalls(node.clientAddress);
  const restarts: Restart[] = [];
  for (let round = 0; round < rounds; round++) {
    await grown.cluster.kill(node.id, "SIGKILL");
    grown.forget(node);
    const startedMs = performance.now();
    grown.cluster.start(node.id);
    await answered(() => calls.firstRecord(), 2);
    const servingMs = performance.now() - startedMs;
    const pid = grown.pidOf(node);
    const [cpuMs, readMib] = [cpuTimesUs([pid]) / 1e3, bytesReadBy(pid) / 2 ** 20];
    restarts.push({ servingMs, cpuMs, readMib, memory: memoryOf(pid) });
  }
  const { segments } = await calls.status();
  calls.close();
  const median = (read: (restart: Restart) => number): number =>
    percentile(restarts.map(read), 0.5);
  return {
    gigabytes,
    segments: segments.length,
    servingMs: median((restart) => restart.servingMs),
    cpuMs: median((restart) => restart.cpuMs),
    readMib: median((restart) => restart.readMib),
    memory: {
      rssMib: median(({ memory }) => memory.rssMib),
      peakMib: median(({ memory }) => memory.peakMib),
    },
  };
}
