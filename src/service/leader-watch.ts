import { LogError } from "../common/errors.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { LEADERLESS_PATIENCE_MS } from "./limits.ts";

/**
 * Says when this node has been without a leader for longer than an election takes: cut off from
 * the others, it would keep a tail waiting for records that the rest of the cluster commits.
 */
export class LeaderWatch {
  readonly #node: NodeApi;
  readonly #scheduler: Scheduler;
  readonly #lost: (error: LogError) => void;
  readonly #unsubscribe: () => void;
  #cancel: Cancel | undefined;

  constructor(node: NodeApi, scheduler: Scheduler, lost: (error: LogError) => void) {
    this.#node = node;
    this.#scheduler = scheduler;
    this.#lost = lost;
    this.#unsubscribe = node.onChange(() => this.#check());
    this.#check();
  }

  close(): void {
    this.#unsubscribe();
    this.#cancel?.();
  }

  #check(): void {
    if (this.#node.healthy) {
      this.#cancel?.();
      this.#cancel = undefined;
      return;
    }
    this.#cancel ??= this.#scheduler.after(LEADERLESS_PATIENCE_MS, () => {
      this.#cancel = undefined;
      this.#lost(
        new LogError("NO_QUORUM", `${this.#node.nodeId} has no contact with a leader`, {
          hint: "tail from another node, or with consistency local",
        }),
      );
      // Tails that come meanwhile are given the same time.
      this.#check();
    });
  }
}
