import { FRAME_VERSION } from "../common/frame.ts";
import type { NodeMetrics } from "./metrics.ts";

/** A page that is asked for twice at once still tells of this much time. */
const SHORTEST_WINDOW_MS = 1000;

/** What is true of the process: what it is made of, and how busy its one thread is. */
export function addSystemMetrics(metrics: NodeMetrics, version: string): void {
  const labels = { version, nodejs: process.version, storage_format: String(FRAME_VERSION) };
  metrics.gauge("balsa_build_info", "Always 1; the labels tell.", () => [{ labels, value: 1 }]);
  let since = performance.eventLoopUtilization();
  let told: number | undefined;
  metrics.gauge(
    "balsa_event_loop_utilization",
    "Share of the time since the page was last asked for in which the event loop was busy.",
    () => {
      const { active, idle, utilization } = performance.eventLoopUtilization(since);
      if (active + idle < SHORTEST_WINDOW_MS) return told ?? utilization;
      since = performance.eventLoopUtilization();
      told = utilization;
      return told;
    },
  );
}
