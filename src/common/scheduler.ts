/** Stops what was scheduled; calling it twice, or too late, does nothing. */
export type Cancel = () => void;

/** Timers and deferral, injected. A crashed node's scheduler never calls back. */
export interface Scheduler {
  /** Calls `run` once, `delayMs` from now at the earliest. */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` once after what has already arrived was handled: what comes meanwhile gathers. */
  defer(run: () => void): void;
}
