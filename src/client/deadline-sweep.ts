import type { Clock } from "../common/clock.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";

/**
 * One timer for any number of deadlines: it runs at the earliest and asks for the next. A hundred
 * thousand appends with the same timeout cost one timer, not as many.
 */
export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** Ends what is over; returns the earliest deadline left, if any. */
  readonly #expire: (nowMs: number) => number | undefined;
  #armedMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(
    { clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler },
    expire: (nowMs: number) => number | undefined,
  ) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#expire = expire;
  }

  watch(deadlineMs: number): void {
    if (deadlineMs >= this.#armedMs) return;
    this.#cancel?.();
    this.#armedMs = deadlineMs;
    const delayMs = Math.max(0, deadlineMs - this.#clock.nowMs());
    this.#cancel = this.#scheduler.after(delayMs, () => this.#sweep());
  }

  stop(): void {
    this.#cancel?.();
    this.#armedMs = Number.POSITIVE_INFINITY;
  }

  #sweep(): void {
    this.#armedMs = Number.POSITIVE_INFINITY;
    const next = this.#expire(this.#clock.nowMs());
    if (next !== undefined) this.watch(next);
  }
}
