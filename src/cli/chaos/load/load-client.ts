import { setTimeout as sleep } from "node:timers/promises";
import { type Random, randomInteger } from "../../../common/random.ts";

/** One client of a run: works until it is stopped, and settles what it has begun. */
export interface LoadClient {
  run(): Promise<void>;
}

/** When clients stop, and how long they think. */
export class Pace {
  readonly #random: Random;
  readonly #stopping: AbortSignal;

  constructor(random: Random, stopping: AbortSignal) {
    this.#random = random;
    this.#stopping = stopping;
  }

  get stopped(): boolean {
    return this.#stopping.aborted;
  }

  /** Rests up to `maxMs`, less when the clients stop. */
  async think(maxMs: number): Promise<void> {
    const ms = this.draw(1, maxMs);
    await sleep(ms, undefined, { signal: this.#stopping }).catch(() => undefined);
  }

  draw(min: number, max: number): number {
    return randomInteger(this.#random, min, max);
  }
}
