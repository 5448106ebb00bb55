import type { ClientPorts } from "./ports.ts";

/** Above it Node calls back at once. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** The machine's clocks, timers and randomness: the only place where the client touches them. */
export const systemPorts: ClientPorts = {
  clock: {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  },
  scheduler: {
    after(delayMs, run) {
      const timer = setTimeout(run, Math.min(delayMs, MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
    // After all promise callbacks that are ready: appends made by them gather too.
    defer(run) {
      queueMicrotask(() => process.nextTick(run));
    },
  },
  random: { next: () => Math.random() },
};
