import { describe, expect, it } from "vitest";
import type { Scheduler } from "../../src/common/scheduler.ts";
import { deferred } from "../../src/common/deferred.ts";
import { RequestOrder } from "../../src/maelstrom/request-order.ts";
import { systemScheduler } from "../../src/runtime/system-scheduler.ts";
import { turns } from "../support/until.ts";

/** Requests that begin when their turn comes, and end when they are told. */
function stage(after?: Scheduler["after"]) {
  const order = new RequestOrder({ ...systemScheduler, ...(after === undefined ? {} : { after }) });
  const begun: string[] = [];
  const ask = (name: string, ...lanes: readonly string[]) => {
    const end = deferred<void>();
    void order.run(lanes, () => {
      begun.push(name);
      return end.promise;
    });
    return end.resolve;
  };
  return { begun, ask };
}

describe("the order of requests", () => {
  it("is that of their arrival in one lane, and none between lanes", async () => {
    const { begun, ask } = stage();
    const endFirst = ask("first", "a");
    const endSecond = ask("second", "a");
    ask("other", "b");
    await turns(2);
    expect(begun).toEqual(["first", "other"]);
    endFirst();
    await turns(2);
    ask("third", "a");
    await turns(2);
    expect(begun).toEqual(["first", "other", "second"]);
    endSecond();
    await turns(2);
    expect(begun).toEqual(["first", "other", "second", "third"]);
  });

  it("holds in every lane of a request", async () => {
    const { begun, ask } = stage();
    const endA = ask("a", "a");
    const endB = ask("b", "b");
    ask("both", "a", "b");
    endA();
    await turns(2);
    expect(begun).toEqual(["a", "b"]);
    endB();
    await turns(2);
    expect(begun).toEqual(["a", "b", "both"]);
  });

  it("lets the next one pass when one is not answered in time", async () => {
    const timers: (() => void)[] = [];
    const { begun, ask } = stage((_, run) => {
      timers.push(run);
      return () => undefined;
    });
    ask("hangs", "a");
    ask("next", "a");
    await turns(2);
    expect(begun).toEqual(["hangs"]);
    for (const expire of timers) expire();
    await turns(2);
    expect(begun).toEqual(["hangs", "next"]);
  });
});
