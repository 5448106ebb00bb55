import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { seededRandom } from "../../src/common/random.ts";
import { ClusterView } from "../../src/client/cluster-view.ts";
import { DeadlineSweep } from "../../src/client/deadline-sweep.ts";
import { Backoff, retryPolicy } from "../../src/client/retry.ts";

describe("Backoff", () => {
  it("draws from 0 to a ceiling that doubles up to its limit, and starts again when reset", () => {
    const highest = new Backoff(retryPolicy({ initialMs: 20, maxMs: 500 }), { next: () => 0.9999 });
    expect([1, 2, 3, 4, 5, 6, 7].map(() => highest.next())).toEqual([
      19, 39, 79, 159, 319, 499, 499,
    ]);
    highest.reset();
    expect(highest.next()).toBe(19);
  });

  it("stays below what is asked for, and goes on doubling meanwhile", () => {
    const highest = new Backoff(retryPolicy({ initialMs: 20, maxMs: 500 }), { next: () => 0.9999 });
    expect([1, 2, 3, 4].map(() => highest.next(50))).toEqual([19, 39, 49, 49]);
    expect(highest.next()).toBe(319);
  });

  it("spreads what failed together", () => {
    const random = seededRandom(7);
    const delays = Array.from({ length: 100 }, () => new Backoff(retryPolicy({}), random).next());
    expect(new Set(delays).size).toBeGreaterThan(10);
  });
});

describe("ClusterView", () => {
  const error = (leader?: string) => new LogError("NOT_LEADER", "elsewhere", { leader });

  it("follows a named leader at once and remembers its address", () => {
    const view = new ClusterView(["a:1"], 0);
    expect(view.leaderFailed("a:1", error("b:1"))).toBe(true);
    expect(view.leaderOrNext()).toBe("b:1");
    expect(view.addresses).toEqual(["a:1", "b:1"]);
  });

  it("goes round when nobody is named", () => {
    const view = new ClusterView(["a:1", "b:1", "c:1"], 1);
    const asked = [1, 2, 3, 4].map(() => {
      const address = view.leaderOrNext();
      view.leaderFailed(address, error());
      return address;
    });
    expect(asked).toEqual(["b:1", "c:1", "a:1", "b:1"]);
  });

  it("does not believe a node that names itself and refuses", () => {
    const view = new ClusterView(["a:1", "b:1"], 0);
    expect(view.leaderFailed("a:1", error("a:1"))).toBe(false);
  });

  it("stays with a leader that is only busy", () => {
    const view = new ClusterView(["a:1", "b:1"], 0);
    view.leaderFound("b:1", { id: "n2", term: 4 });
    view.leaderFailed("b:1", new LogError("BACKPRESSURE", "busy"));
    expect(view.leaderOrNext()).toBe("b:1");
  });

  it("does not announce a leader of an older term", () => {
    const view = new ClusterView(["a:1"], 0);
    const seen: number[] = [];
    view.onLeader(({ term }) => seen.push(term));
    view.leaderFound("a:1", { id: "n1", term: 5 });
    view.leaderFound("b:1", { id: "n2", term: 4 });
    view.leaderFound("a:1", { id: "n1", term: 5 });
    expect(seen).toEqual([5]);
  });
});

describe("DeadlineSweep", () => {
  it("arms one timer for the earliest deadline, and the next one after it", () => {
    let nowMs = 0;
    const timers: { atMs: number; run: () => void }[] = [];
    const deadlines = [30, 10, 20];
    const over: number[] = [];
    const clock = { nowMs: () => nowMs, wallMs: () => 0 };
    const scheduler = {
      after(delayMs: number, run: () => void) {
        const timer = { atMs: nowMs + delayMs, run };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
      defer: () => undefined,
    };
    const sweep = new DeadlineSweep({ clock, scheduler }, (now) => {
      over.push(...deadlines.filter((deadline) => deadline <= now && !over.includes(deadline)));
      const left = deadlines.filter((deadline) => deadline > now);
      return left.length === 0 ? undefined : Math.min(...left);
    });
    for (const deadline of deadlines) sweep.watch(deadline);
    expect(timers.map(({ atMs }) => atMs)).toEqual([10]);
    while (timers.length > 0) {
      const timer = timers.shift();
      nowMs = timer?.atMs ?? nowMs;
      timer?.run();
    }
    expect(over).toEqual([10, 20, 30]);
  });
});
