import { LogError } from "../common/errors.ts";
import type { Cancel } from "../common/scheduler.ts";
import { logService } from "../wire/protos.ts";
import type { ClientContext } from "./calls.ts";
import { callUnary } from "./rpc.ts";
import { Scope } from "./scope.ts";

/** As long as a follower waits for its leader at least: before that there is no other one. */
const SILENCE_MS = 500;
const TICK_MS = SILENCE_MS / 2;

export interface SilenceWatchOptions {
  /** The node whose answers are watched. */
  readonly address: string;
  /** Whether it owes an answer. */
  due(): boolean;
  /** Newest term in which a leader is known to have served this stream's owner. */
  term(): number;
  /** Another node leads a newer term. Called at most once. */
  superseded(error: LogError): void;
}

/**
 * A paused leader keeps its connections and says nothing; a ping finds that out after seconds. So
 * while it owes an answer the other nodes are asked, and one that leads a *newer* term ends the
 * wait. Silence alone ends nothing: a slow disk is no reason to leave a leader.
 */
export class SilenceWatch {
  readonly #context: ClientContext;
  readonly #options: SilenceWatchOptions;
  readonly #scope: Scope;
  #cancel: Cancel;
  #heardMs: number;
  #asking = false;

  constructor(context: ClientContext, options: SilenceWatchOptions) {
    this.#context = context;
    this.#options = options;
    this.#scope = new Scope().follow(context.closing);
    this.#heardMs = context.ports.clock.nowMs();
    this.#cancel = this.#nextTick();
  }

  /** It said something. */
  heard(): void {
    this.#heardMs = this.#context.ports.clock.nowMs();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#scope.end(new LogError("ABORTED", "the stream is over"));
    this.#scope[Symbol.dispose]();
  }

  #nextTick(): Cancel {
    return this.#context.ports.scheduler.after(TICK_MS, () => {
      this.#cancel = this.#nextTick();
      const nowMs = this.#context.ports.clock.nowMs();
      if (!this.#options.due()) this.#heardMs = nowMs;
      else if (nowMs - this.#heardMs >= SILENCE_MS && !this.#asking) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const { address } = this.#options;
    const others = this.#context.view.addresses.filter((other) => other !== address);
    await Promise.all(others.map((other) => this.#askOne(other)));
    this.#asking = false;
  }

  /** Never rejects: who does not answer leads nobody. */
  async #askOne(other: string): Promise<void> {
    const { connections, ports } = this.#context;
    using scope = new Scope().follow(this.#scope.signal).limit(ports.scheduler, SILENCE_MS);
    const asked = callUnary(
      ...([connections.get(other), logService().Status, { cluster: false }, scope.signal] as const),
    );
    const { nodes } = await asked.catch(() => ({ nodes: [] }));
    const leader = nodes.find(({ role, term }) => role === "leader" && term > this.#options.term());
    if (leader === undefined || this.#scope.error !== undefined) return;
    const { address } = this.#options;
    const message = `${address} says nothing, and ${leader.nodeId} leads term ${leader.term}`;
    this.#options.superseded(
      new LogError("UNAVAILABLE", message, { leader: other, term: leader.term }),
    );
  }
}
