import { MAX_TOTAL_PENDING_BYTES } from "./limits.ts";

/**
 * Bytes of appends that wait for their verdict, over all calls of this node. Streams stop reading
 * while it is full, and are called when there is room again; single appends are refused.
 */
export class PendingAppends {
  readonly #maxBytes: number;
  readonly #waiting = new Set<() => void>();
  #bytes = 0;

  constructor(maxBytes = MAX_TOTAL_PENDING_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    const wasFull = this.full;
    this.#bytes -= bytes;
    if (!wasFull || this.full) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const proceed of waiting) proceed();
  }

  /** Calls `proceed` once, when there is room again. */
  whenRoom(proceed: () => void): void {
    this.#waiting.add(proceed);
  }

  forget(proceed: () => void): void {
    this.#waiting.delete(proceed);
  }
}
