import type { Clock } from "../common/clock.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { refused, unavailable } from "./workbench-error.ts";

/** Below a second: a client should hear of it before it gives up. */
const RETRY_FOR_MS = 800;
/** A refusal may end without a change that is told: too many bytes on their way, for instance. */
const RETRY_EVERY_MS = 25;

/** Time, and a node whose state changes: who waits for what, and how long. */
export class Patience {
  readonly #node: Pick<NodeApi, "healthy" | "onChange">;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;

  constructor(node: Pick<NodeApi, "healthy" | "onChange">, clock: Clock, scheduler: Scheduler) {
    this.#node = node;
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /**
   * Tries again while there is no leader, as a rule, and it is known that nothing was done.
   * @throws WorkbenchError (rejects), a definite one: nothing was done
   */
  async untilAccepted<T>(attempt: () => Promise<T | LogError>): Promise<T> {
    const endMs = this.#clock.nowMs() + RETRY_FOR_MS;
    for (;;) {
      const result = await attempt();
      if (!(result instanceof LogError)) return result;
      if (!result.retryable) throw refused(result);
      if (this.#clock.nowMs() >= endMs) throw unavailable(result.message);
      await this.#change(RETRY_EVERY_MS);
    }
  }

  /** Resolves once the node serves or knows who does, and `limitMs` from now at the latest. */
  async untilHealthy(limitMs: number): Promise<void> {
    const endMs = this.#clock.nowMs() + limitMs;
    while (!this.#node.healthy && this.#clock.nowMs() < endMs)
      await this.#change(endMs - this.#clock.nowMs());
  }

  /** The first to come: what is waited for, or `late` after `limitMs`. */
  within<T>(limitMs: number, waited: Promise<T>, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#scheduler.after(limitMs, () => reject(late()));
      waited.then(resolve, reject).finally(cancel);
    });
  }

  #change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        stop();
        resolve();
      };
      const cancel = this.#scheduler.after(limitMs, end);
      const stop = this.#node.onChange(end);
    });
  }
}
