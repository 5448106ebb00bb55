import type { Scheduler } from "../common/scheduler.ts";

/** The event loop's own timers. */
export const systemScheduler: Scheduler = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  defer(run) {
    setImmediate(run);
  },
};
