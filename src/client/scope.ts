import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";

/**
 * The life of one call: ends with the caller's signal, its time, or the owner's closing, whichever
 * comes first. To be disposed when the call is over, so that no timer or listener is left.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #cleanups: (() => void)[] = [];

  /** Aborted with a LogError when the call must end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error that ended the call, if it was ended. */
  get error(): LogError | undefined {
    return this.signal.aborted ? LogError.from(this.signal.reason) : undefined;
  }

  end(error: LogError): void {
    this.#controller.abort(error);
  }

  /** Ends with `signal`: a timeout as TIMEOUT, anything else as ABORTED. */
  follow(signal: AbortSignal | undefined): this {
    if (signal === undefined) return this;
    const stop = () => this.end(abortError(signal.reason));
    if (signal.aborted) stop();
    else {
      signal.addEventListener("abort", stop, { once: true });
      this.#cleanups.push(() => signal.removeEventListener("abort", stop));
    }
    return this;
  }

  /** Ends after `timeoutMs`. */
  limit(scheduler: Scheduler, timeoutMs: number): this {
    const expire = () =>
      this.end(new LogError("TIMEOUT", `no answer within ${Math.round(timeoutMs)} ms`));
    this.#cleanups.push(scheduler.after(timeoutMs, expire));
    return this;
  }

  [Symbol.dispose](): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}

/** What an aborted signal means to the caller: whatever was given as the reason is the cause. */
export function abortError(reason: unknown): LogError {
  const error = LogError.from(reason);
  if (reason instanceof LogError || error.code === "TIMEOUT" || error.code === "ABORTED")
    return error;
  return new LogError("ABORTED", "the call was aborted", { cause: reason });
}
