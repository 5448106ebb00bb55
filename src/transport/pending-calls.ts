import { LogError } from "../common/errors.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";

/** Ends a call: with its answer, or with why there is none. */
export type Reply<Response> = (answer: Response | LogError) => void;

interface Pending<Request, Response> {
  readonly request: Request;
  readonly reply: Reply<Response>;
  readonly cancelTimer: Cancel;
}

/**
 * Calls that wait for the core to answer, which it does in its own time (a vote is synced first)
 * or not at all. Bounded in number and in time; each is replied to exactly once.
 */
export class PendingCalls<Request, Response> {
  readonly #scheduler: Scheduler;
  readonly #timeoutMs: number;
  readonly #max: number;
  readonly #calls = new Map<string, Pending<Request, Response>>();

  constructor(scheduler: Scheduler, timeoutMs: number, max: number) {
    this.#scheduler = scheduler;
    this.#timeoutMs = timeoutMs;
    this.#max = max;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** A call of the same key is replaced; the oldest makes room when there are too many. */
  add(key: string, request: Request, reply: Reply<Response>): void {
    this.#end(key, new LogError("ABORTED", "a newer call took its place"));
    const oldest = this.#calls.keys().next();
    if (this.#calls.size >= this.#max && oldest.done !== true)
      this.#end(oldest.value, new LogError("BACKPRESSURE", "too many calls wait for an answer"));
    const cancelTimer = this.#scheduler.after(this.#timeoutMs, () =>
      this.#end(key, new LogError("TIMEOUT", "there was no answer in time")),
    );
    this.#calls.set(key, { request, reply, cancelTimer });
  }

  /** What the call with this key asked, while it waits. */
  request(key: string): Request | undefined {
    return this.#calls.get(key)?.request;
  }

  /** Answers the call with this key; without one, nothing happens. */
  answer(key: string, response: Response): void {
    this.#end(key, response);
  }

  /** Forgets the calls without a reply. */
  clear(): void {
    for (const { cancelTimer } of this.#calls.values()) cancelTimer();
    this.#calls.clear();
  }

  #end(key: string, answer: Response | LogError): void {
    const pending = this.#calls.get(key);
    if (pending === undefined) return;
    this.#calls.delete(key);
    pending.cancelTimer();
    pending.reply(answer);
  }
}
