import { describe, expect, it } from "vitest";
import { Offset } from "../../src/common/brand.ts";
import { HighWatermarkWaiters } from "../../src/runtime/high-watermark-waiters.ts";

describe("waiting for the high watermark", () => {
  it("ends when it passes the offset, not when it reaches it", async () => {
    const waiters = new HighWatermarkWaiters(Offset(3));
    let woken = false;
    const waiting = waiters.wait(Offset(5)).then(() => (woken = true));
    waiters.advance(Offset(5));
    await Promise.resolve();
    expect(woken).toBe(false);
    waiters.advance(Offset(6));
    await waiting;
  });

  it("does not wait for what is there already", async () => {
    await new HighWatermarkWaiters(Offset(3)).wait(Offset(2));
  });

  it("ends with ABORTED when its caller gives up", async () => {
    const waiters = new HighWatermarkWaiters(Offset(0));
    const stop = new AbortController();
    const waiting = waiters.wait(Offset(0), { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    await expect(waiters.wait(Offset(0), { signal: stop.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  it("ends with CLOSED when the node closes", async () => {
    const waiters = new HighWatermarkWaiters(Offset(0));
    const waiting = waiters.wait(Offset(0));
    waiters.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
    await expect(waiters.wait(Offset(0))).rejects.toMatchObject({ code: "CLOSED" });
  });
});
