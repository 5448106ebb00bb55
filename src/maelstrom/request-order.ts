import type { Scheduler } from "../common/scheduler.ts";

/** As long as the workbench's own clients wait for an answer at least. */
const PATIENCE_MS = 1000;

/**
 * A client's requests are begun one after the other, as it sent them, so that a script piped in
 * does what it says. One that is not answered in time lets the next one pass: its client has
 * given up.
 */
export class RequestOrder {
  readonly #scheduler: Scheduler;
  /** Of each lane: resolves when the last request so far lets the next one pass. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Runs `answer` after the last one in each of `lanes`. `answer` never rejects. */
  async run(lanes: readonly string[], answer: () => Promise<void>): Promise<void> {
    const earlier = Promise.all(lanes.flatMap((lane) => this.#last.get(lane) ?? []));
    let answered = Promise.resolve();
    const passed = earlier.then(() => {
      answered = answer();
      return this.#inTime(answered);
    });
    for (const lane of lanes) this.#last.set(lane, passed);
    await passed;
    for (const lane of lanes) if (this.#last.get(lane) === passed) this.#last.delete(lane);
    await answered;
  }

  #inTime(answered: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#scheduler.after(PATIENCE_MS, resolve);
      void answered.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
