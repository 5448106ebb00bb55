import { LogError } from "../common/errors.ts";
import type { Random } from "../common/random.ts";

/** How lost calls are tried again: full jitter between 0 and a ceiling that doubles. */
export interface RetryOptions {
  /** A call that has no `timeoutMs` of its own gives up after this long. Default 30 000. */
  readonly maxElapsedMs?: number | undefined;
  /** First ceiling of the delay. Default 20. */
  readonly initialMs?: number | undefined;
  /** Last ceiling of the delay. Default 500. */
  readonly maxMs?: number | undefined;
}

export interface RetryPolicy {
  /** False: every call is tried once. */
  readonly enabled: boolean;
  readonly maxElapsedMs: number;
  readonly initialMs: number;
  readonly maxMs: number;
}

/** @throws LogError INVALID_ARGUMENT */
export function retryPolicy(options: RetryOptions | false | undefined): RetryPolicy {
  const { maxElapsedMs = 30_000, initialMs = 20, maxMs = 500 } = options || {};
  for (const [name, value] of Object.entries({ maxElapsedMs, initialMs, maxMs }))
    if (!(value >= 0))
      throw new LogError("INVALID_ARGUMENT", `retry.${name} is ${value}`, {
        hint: "give milliseconds, 0 or more",
      });
  return { enabled: options !== false, maxElapsedMs, initialMs, maxMs };
}

/** Delays of one series of attempts. Full jitter: what failed together does not return together. */
export class Backoff {
  readonly #policy: RetryPolicy;
  readonly #random: Random;
  #attempt = 0;

  constructor(policy: RetryPolicy, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt, below `mostMs` in any case. */
  next(mostMs = Number.POSITIVE_INFINITY): number {
    const { initialMs, maxMs } = this.#policy;
    const ceiling = Math.min(maxMs, mostMs, initialMs * 2 ** Math.min(this.#attempt++, 30));
    return Math.floor(this.#random.next() * ceiling);
  }

  /** Something succeeded: the next failure starts a new series. */
  reset(): void {
    this.#attempt = 0;
  }
}

/** Whether another attempt, perhaps elsewhere, may do better. */
export function worthRetrying(error: LogError): boolean {
  return error.retryable || error.code === "CLOSED" || error.code === "UNAVAILABLE";
}
