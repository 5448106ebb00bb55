import { deferred } from "../../common/deferred.ts";
import { LogError } from "../../common/errors.ts";
import { FatalError } from "../../common/fatal-error.ts";

/** Whether a log takes anything any more: it may be closed, and what its disk does is final. */
export class LogHalt {
  readonly #told: (failure: FatalError) => void;
  readonly #halted = deferred<void>();
  #failure: FatalError | undefined;
  #closed = false;

  /** `told` hears of the first failure. */
  constructor(told: (failure: FatalError) => void) {
    this.#told = told;
  }

  get stopped(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** @returns whether it was open. */
  close(): boolean {
    const wasOpen = !this.#closed;
    this.#closed = true;
    return wasOpen;
  }

  readonly fail = (thrown: unknown): void => {
    if (this.#failure !== undefined) return;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.#failure =
      thrown instanceof FatalError ? thrown : new FatalError("invariant", message, thrown);
    this.#halted.resolve();
    this.#told(this.#failure);
  };

  /** A lookup's own errors are its caller's; what is fatal ends the log. */
  guard<T>(lookup: Promise<T>): Promise<T> {
    return lookup.catch((thrown: unknown) => {
      if (thrown instanceof FatalError) this.fail(thrown);
      throw thrown;
    });
  }

  /** Resolves with `work`, or with a failure, which may leave it open for ever. */
  orHalted(work: Promise<void>): Promise<void> {
    return Promise.race([work, this.#halted.promise]);
  }

  /**
   * For what lets something else go once it resolves: that must never be for want of a disk.
   * @throws LogError CLOSED | FatalError
   */
  async unlessHalted(work: () => Promise<void>): Promise<void> {
    if (this.#closed) throw new LogError("CLOSED", "the log is closed");
    if (this.#failure === undefined) await this.orHalted(work());
    if (this.#failure !== undefined) throw this.#failure;
  }
}
