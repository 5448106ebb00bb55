/** Messages that may wait for one before them: a window of the smallest chunks is far below. */
const MAX_WAITING = 1024;

/**
 * Puts numbered messages back into their order. One that is lost holds up all behind it, until
 * the stream is given up.
 */
export class InOrder<T> {
  readonly #deliver: (item: T) => void;
  readonly #waiting = new Map<number, T>();
  #next = 0;

  constructor(deliver: (item: T) => void) {
    this.#deliver = deliver;
  }

  arrived(number: number, item: T): void {
    if (number < this.#next || this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(number, item);
    for (;;) {
      const next = this.#waiting.get(this.#next);
      if (next === undefined) return;
      this.#waiting.delete(this.#next++);
      this.#deliver(next);
    }
  }
}
