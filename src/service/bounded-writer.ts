import { type Deferred, deferred } from "../common/deferred.ts";

/** The part of a grpc-js server stream that is written to. */
export interface WritableCall<Message> {
  write(message: Message, written: () => void): boolean;
}

/**
 * Writes to a stream at the reader's pace: `write` waits while more than `maxPendingBytes` lie
 * between here and the connection. (The stream's own `drain` counts messages, not bytes.)
 */
export class BoundedWriter<Message> {
  readonly #call: WritableCall<Message>;
  readonly #maxPendingBytes: number;
  readonly #signal: AbortSignal;
  #pendingBytes = 0;
  #room: Deferred<void> | undefined;

  constructor(call: WritableCall<Message>, maxPendingBytes: number, signal: AbortSignal) {
    this.#call = call;
    this.#maxPendingBytes = maxPendingBytes;
    this.#signal = signal;
    // A call that was cancelled never says "written" again.
    signal.addEventListener("abort", () => this.#room?.reject(signal.reason), { once: true });
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Resolves when there is room for more. Rejects when the call has ended. */
  async write(message: Message, bytes: number): Promise<void> {
    this.#signal.throwIfAborted();
    this.#pendingBytes += bytes;
    this.#call.write(message, () => {
      this.#pendingBytes -= bytes;
      if (this.#pendingBytes < this.#maxPendingBytes) this.#room?.resolve();
    });
    if (this.#pendingBytes < this.#maxPendingBytes) return;
    this.#room = deferred();
    await this.#room.promise;
    this.#room = undefined;
  }
}
