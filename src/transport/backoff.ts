import { type Random, randomInteger } from "../common/random.ts";

/** Exponential waits with jitter in the upper half, so that peers do not knock in step. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #nextMs: number;

  constructor(minMs: number, maxMs: number, random: Random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#nextMs = minMs;
  }

  /** How long to wait now; the next wait is twice as long, up to the longest. */
  nextMs(): number {
    const topMs = this.#nextMs;
    this.#nextMs = Math.min(2 * topMs, this.#maxMs);
    return randomInteger(this.#random, Math.max(this.#minMs, Math.floor(topMs / 2)), topMs);
  }

  /** It will not get better soon: go on with the longest wait. */
  exhaust(): void {
    this.#nextMs = this.#maxMs;
  }

  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
