import type { Clock } from "../common/clock.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";

interface Planned {
  readonly atMs: number;
  /** Ties are broken by the order of planning, so that a seed always gives the same run. */
  readonly order: number;
  readonly run: () => void;
  /** Lets `run` into its process, once that takes calls. */
  readonly gate: Gate | undefined;
}

type Gate = (run: () => void) => void;

/** Wall time at the beginning of every world: the first second of 2026. */
const EPOCH_MS = 1_767_225_600_000;

/** Time that passes only when nothing is left to do now. One queue for the whole world. */
export class VirtualTime {
  readonly #heap: Planned[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The clock of a node whose wall time is `skewMs()` off. */
  clock(skewMs: () => number): Clock {
    const wallMs = () => Math.floor(EPOCH_MS + skewMs() + this.#nowMs);
    return { nowMs: () => this.#nowMs, wallMs };
  }

  /** A scheduler that calls back only while `alive()`, and through `gate`. */
  gated(alive: () => boolean, gate: Gate): Scheduler {
    const after = (delayMs: number, run: () => void): Cancel => {
      let cancelled = false;
      const due = () => {
        if (!cancelled && alive()) run();
      };
      this.plan(delayMs, due, gate);
      return () => {
        cancelled = true;
      };
    };
    return { after, defer: (run) => void after(0, run) };
  }

  plan(delayMs: number, run: () => void, gate?: Gate): void {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    this.#heap.push({ atMs, order: this.#order++, run, gate });
    this.#siftUp(this.#heap.length - 1);
  }

  /** Runs what comes next; false when nothing is planned. */
  advance(): boolean {
    const next = this.#heap[0];
    const last = this.#heap.pop();
    if (next === undefined || last === undefined) return false;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown();
    }
    this.#nowMs = next.atMs;
    if (next.gate === undefined) next.run();
    else next.gate(next.run);
    return true;
  }

  #siftUp(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #siftDown(): void {
    for (let at = 0; ; ) {
      const left = at * 2 + 1;
      const child = this.#isEarlier(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const below = this.#heap[child];
    const above = this.#heap[parent];
    if (below === undefined || above === undefined || !this.#isEarlier(child, parent)) return false;
    this.#heap[child] = above;
    this.#heap[parent] = below;
    return true;
  }

  #isEarlier(left: number, right: number): boolean {
    const a = this.#heap[left];
    const b = this.#heap[right];
    if (a === undefined) return false;
    if (b === undefined) return true;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }
}
