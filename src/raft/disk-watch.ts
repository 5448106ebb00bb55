import { ZERO_INDEX } from "./log-index.ts";
import type { LogView } from "./log-view.ts";
import type { Outbox } from "./outbox.ts";
import type { HardState } from "./types.ts";

/** What {@link DiskWatch} looks at after every step. */
interface Watched {
  readonly nowMs: number;
  readonly log: LogView;
  readonly outbox: Outbox;
  readonly hardState: HardState;
}

/**
 * What this node knows of its own disk. A disk that hangs lets heartbeats through and nothing
 * else: only the clock tells it from a slow one.
 */
export class DiskWatch {
  /** Free space is below the mark. */
  low = false;
  #synced = ZERO_INDEX;
  #durable: HardState | undefined;
  /** Since when the log, and the hard state, owe an answer without any progress. */
  #logSinceMs: number | undefined;
  #hardStateSinceMs: number | undefined;

  observe({ nowMs, log, outbox, hardState }: Watched): void {
    if (log.syncedIndex > this.#synced) this.#logSinceMs = undefined;
    this.#synced = log.syncedIndex;
    this.#logSinceMs = log.syncedIndex < log.lastIndex ? (this.#logSinceMs ?? nowMs) : undefined;
    if (outbox.durable !== this.#durable) this.#hardStateSinceMs = undefined;
    this.#durable = outbox.durable;
    const durable = outbox.isDurable(hardState);
    this.#hardStateSinceMs = durable ? undefined : (this.#hardStateSinceMs ?? nowMs);
  }

  /** Whether something written has not been answered for longer than `limitMs`. */
  stalled(nowMs: number, limitMs: number): boolean {
    const sinceMs = Math.min(this.#logSinceMs ?? nowMs, this.#hardStateSinceMs ?? nowMs);
    return nowMs - sinceMs > limitMs;
  }
}
