import type { Clock } from "../common/clock.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";

/**
 * The core's one deadline on a real timer. It is moved at almost every message, so a later
 * deadline lets the running timer fire and go on, instead of making a new one.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #reached: () => void;
  #atMs: number | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, scheduler: Scheduler, reached: () => void) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#reached = reached;
  }

  set(atMs: number): void {
    this.#atMs = atMs;
    if (atMs < this.#timerAtMs) this.#arm(atMs);
  }

  stop(): void {
    this.#atMs = undefined;
    this.#cancel?.();
  }

  #arm(atMs: number): void {
    this.#cancel?.();
    this.#timerAtMs = atMs;
    this.#cancel = this.#scheduler.after(Math.max(0, atMs - this.#clock.nowMs()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      if (this.#atMs === undefined) return;
      if (this.#clock.nowMs() < this.#atMs) this.#arm(this.#atMs);
      else {
        this.#atMs = undefined;
        this.#reached();
      }
    });
  }
}
