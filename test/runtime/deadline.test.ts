import { describe, expect, it } from "vitest";
import { Deadline } from "../../src/runtime/deadline.ts";
import { VirtualTime } from "../../src/sim/virtual-time.ts";

function deadline() {
  const time = new VirtualTime();
  const reachedAtMs: number[] = [];
  let timers = 0;
  const scheduler = {
    after(delayMs: number, run: () => void) {
      timers++;
      let cancelled = false;
      time.plan(delayMs, () => {
        if (!cancelled) run();
      });
      return () => {
        cancelled = true;
      };
    },
    defer: (run: () => void) => time.plan(0, run),
  };
  const clock = { nowMs: () => time.nowMs, wallMs: () => 0 };
  const it = new Deadline(clock, scheduler, () => reachedAtMs.push(time.nowMs));
  const runAll = () => {
    while (time.advance());
  };
  return { deadline: it, reachedAtMs, runAll, timers: () => timers };
}

describe("the deadline", () => {
  it("is reached once, when it is due", () => {
    const { deadline: it, reachedAtMs, runAll } = deadline();
    it.set(100);
    runAll();
    expect(reachedAtMs).toEqual([100]);
  });

  it("moves back and forth; only the last one counts", () => {
    const { deadline: it, reachedAtMs, runAll } = deadline();
    for (const atMs of [100, 300, 50, 200]) it.set(atMs);
    runAll();
    expect(reachedAtMs).toEqual([200]);
  });

  it("makes no timer for each time it is put off", () => {
    const { deadline: it, runAll, timers } = deadline();
    for (let atMs = 100; atMs < 1100; atMs++) it.set(atMs);
    expect(timers()).toBe(1);
    runAll();
    expect(timers()).toBe(2);
  });

  it("is never reached after it was stopped", () => {
    const { deadline: it, reachedAtMs, runAll } = deadline();
    it.set(100);
    it.stop();
    runAll();
    expect(reachedAtMs).toEqual([]);
  });
});
