import { Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { HighWatermarkWaiters } from "./high-watermark-waiters.ts";
import type { ReadOptions } from "./node-api.ts";

/** A node that is further behind than it can make good in this time sends the reader elsewhere. */
const LONGEST_WAIT_MS = 1000;

/**
 * Resolves once the high watermark is at what the reader asks for at least, at once where it is.
 * @throws LogError UNAVAILABLE when that takes too long; what ends the wait otherwise
 */
export async function reachBound(
  waiters: HighWatermarkWaiters,
  scheduler: Scheduler,
  { minHighWatermark = Offset(0), signal }: ReadOptions,
): Promise<void> {
  if (minHighWatermark === 0) return;
  const ending = new AbortController();
  const follow = () => ending.abort(signal?.reason);
  signal?.addEventListener("abort", follow, { once: true });
  const cancel = scheduler.after(LONGEST_WAIT_MS, () => ending.abort(behind(minHighWatermark)));
  try {
    await waiters.wait(Offset(minHighWatermark - 1), { signal: ending.signal });
  } finally {
    cancel();
    signal?.removeEventListener("abort", follow);
  }
}

function behind(bound: Offset): LogError {
  return new LogError("UNAVAILABLE", `this node has not heard of ${bound} committed records yet`, {
    hint: "ask another node, or read with consistency linearizable",
  });
}
