import type { AppendAck, Producer } from "balsa";

const IN_FLIGHT = 64;
const RECORD_BYTES = 100;

/** Appends single records, so many at a time, until it is stopped; leaders may come and go. */
export class FailoverLoad {
  readonly inFlight = IN_FLIGHT;
  readonly #producer: Producer;
  readonly #value = Buffer.alloc(RECORD_BYTES, "a");
  readonly #watchers = new Set<(ack: AppendAck, atMs: number) => boolean>();
  readonly #workers: Promise<void>[] = [];
  #term = 0;
  #stopped = false;

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  start(): void {
    for (let at = 0; at < IN_FLIGHT; at++) this.#workers.push(this.#keepOneInFlight());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  /** Resolves after `count` more acknowledgements. */
  async acknowledged(count: number): Promise<void> {
    let left = count;
    await this.#watch(() => --left <= 0);
  }

  /** When the first acknowledgement of a term newer than now's arrives, by `performance.now()`. */
  firstAckOfNextTerm(): Promise<number> {
    const term = this.#term;
    return this.#watch((ack) => ack.term > term);
  }

  #watch(holds: (ack: AppendAck) => boolean): Promise<number> {
    return new Promise((resolve) => {
      this.#watchers.add((ack, atMs) => {
        if (!holds(ack)) return false;
        resolve(atMs);
        return true;
      });
    });
  }

  async #keepOneInFlight(): Promise<void> {
    while (!this.#stopped) {
      const ack = await this.#producer.append({ value: this.#value });
      const atMs = performance.now();
      for (const watcher of this.#watchers) if (watcher(ack, atMs)) this.#watchers.delete(watcher);
      this.#term = Math.max(this.#term, ack.term);
    }
  }
}
