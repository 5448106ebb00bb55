import { describe, expect, it } from "vitest";
import { Offset } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { HighWatermarkWaiters } from "../../src/runtime/high-watermark-waiters.ts";
import { reachBound } from "../../src/runtime/read-bound.ts";
import { ManualScheduler } from "../transport/manual-scheduler.ts";

describe("a read's bound", () => {
  const reading = (minHighWatermark: number | undefined, signal?: AbortSignal) => {
    const waiters = new HighWatermarkWaiters(Offset(3));
    const scheduler = new ManualScheduler();
    const bound = minHighWatermark === undefined ? undefined : Offset(minHighWatermark);
    const done = reachBound(waiters, scheduler, { minHighWatermark: bound, signal });
    return { waiters, scheduler, done };
  };

  it.each([undefined, 0, 2, 3])("lets through what has reached it: %s", async (bound) => {
    await reading(bound).done;
  });

  it("makes who is ahead of the node wait until it has caught up", async () => {
    const { waiters, done } = reading(5);
    let through = false;
    const after = done.then(() => (through = true));
    waiters.advance(Offset(4));
    await Promise.resolve();
    expect(through).toBe(false);
    waiters.advance(Offset(5));
    await after;
  });

  it("sends the reader elsewhere when that takes too long", async () => {
    const { scheduler, done } = reading(5);
    scheduler.advance(1000);
    await expect(done).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it("ends with its caller", async () => {
    const stop = new AbortController();
    const { done } = reading(5, stop.signal);
    stop.abort(new LogError("TIMEOUT", "no time left"));
    await expect(done).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
