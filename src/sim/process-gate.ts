import type { VirtualTime } from "./virtual-time.ts";

/**
 * The event loop of one process, as its world sees it: whatever calls into the process passes here.
 * While it is held (SIGSTOP, a long garbage collection) nothing gets in; then all of it does, late
 * and in order.
 */
export class ProcessGate {
  readonly #time: VirtualTime;
  #waiting: (() => void)[] = [];
  #held = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get held(): boolean {
    return this.#held > 0;
  }

  pass(run: () => void): void {
    if (this.#held > 0) this.#waiting.push(run);
    else run();
  }

  /** Holds overlap: the gate opens with the last release. */
  hold(): void {
    this.#held++;
  }

  /** What waited comes one after the other, each in a turn of its own. */
  release(): void {
    if (this.#held > 0) this.#held--;
    if (this.#held > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) this.#time.plan(0, () => this.pass(run));
  }
}
