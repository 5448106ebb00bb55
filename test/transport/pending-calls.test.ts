import { beforeEach, describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { PendingCalls } from "../../src/transport/pending-calls.ts";
import { ManualScheduler } from "./manual-scheduler.ts";

describe("pending calls", () => {
  let time: ManualScheduler;
  let calls: PendingCalls<number, string>;
  let told: string[];

  beforeEach(() => {
    time = new ManualScheduler();
    calls = new PendingCalls(time, 1000, 3);
    told = [];
  });

  function add(key: string, name = key): void {
    calls.add(key, 1, (answer) =>
      told.push(`${name}: ${answer instanceof LogError ? answer.code : answer}`),
    );
  }

  it("are answered once", () => {
    add("a");
    calls.answer("a", "yes");
    calls.answer("a", "no");
    calls.answer("b", "nobody asked");
    time.advance(5000);
    expect(told).toEqual(["a: yes"]);
    expect(time.timers).toBe(0);
  });

  it("run out", () => {
    add("a");
    time.advance(999);
    expect(told).toEqual([]);
    time.advance(1);
    calls.answer("a", "too late");
    expect(told).toEqual(["a: TIMEOUT"]);
  });

  it("give way to a newer call of the same key", () => {
    add("a", "older");
    time.advance(900);
    add("a", "newer");
    time.advance(900);
    calls.answer("a", "yes");
    expect(told).toEqual(["older: ABORTED", "newer: yes"]);
  });

  it("are never more than allowed: the oldest makes room", () => {
    for (const key of ["a", "b", "c", "d"]) add(key);
    expect(told).toEqual(["a: BACKPRESSURE"]);
    expect(calls.size).toBe(3);
    add("b", "b again");
    expect(told).toEqual(["a: BACKPRESSURE", "b: ABORTED"]);
    expect(calls.size).toBe(3);
  });

  it("leave nothing behind when forgotten", () => {
    add("a");
    calls.clear();
    calls.answer("a", "yes");
    time.advance(5000);
    expect(told).toEqual([]);
    expect(time.timers).toBe(0);
  });
});
