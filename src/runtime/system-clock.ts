import type { Clock } from "../common/clock.ts";

/** The machine's clocks: monotonic for decisions, wall time for stamps. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
