import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";

/** Waits. @throws LogError ABORTED | TIMEOUT when the signal ends it first */
export function sleep(scheduler: Scheduler, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(LogError.from(signal.reason));
    const stop = () => {
      cancel();
      reject(LogError.from(signal?.reason));
    };
    const cancel = scheduler.after(delayMs, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}
