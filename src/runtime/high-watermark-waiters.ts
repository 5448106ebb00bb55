import type { Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { CallOptions } from "./node-api.ts";

interface Waiter {
  readonly beyond: Offset;
  resolve(): void;
  reject(error: LogError): void;
}

/** Tails at the end of the log: woken when the high watermark passes what they have. */
export class HighWatermarkWaiters {
  readonly #waiters = new Set<Waiter>();
  #highWatermark: Offset;
  #closed = false;

  constructor(highWatermark: Offset) {
    this.#highWatermark = highWatermark;
  }

  wait(beyond: Offset, options: CallOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(closing());
    if (this.#highWatermark > beyond) return Promise.resolve();
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(LogError.from(signal.reason));
    return new Promise((resolve, reject) => {
      const onAbort = () => waiter.reject(LogError.from(signal?.reason));
      const end = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        beyond,
        resolve: () => (end(), resolve()),
        reject: (error) => (end(), reject(error)),
      };
      signal?.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
    });
  }

  advance(highWatermark: Offset): void {
    this.#highWatermark = highWatermark;
    for (const waiter of this.#waiters) if (highWatermark > waiter.beyond) waiter.resolve();
  }

  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.reject(closing());
  }
}

function closing(): LogError {
  return new LogError("CLOSED", "the node is shutting down", { hint: "ask another node" });
}
