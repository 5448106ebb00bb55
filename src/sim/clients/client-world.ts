import { LogError } from "../../common/errors.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { NodeApi } from "../../runtime/node-api.ts";
import type { Life, SimHost } from "../host.ts";
import type { AppendOperation, ReadOperation, TrimOrder } from "../history.ts";
import type { World } from "../world.ts";

/** How a node's answer reaches its caller. */
export type Answer<T> = (result: T | LogError) => void;

/** What befell clients, by name: counted so that a campaign can tell what never happened. */
export type ClientEvent =
  | "append.acknowledged"
  | "append.refused.notLeader"
  | "append.refused.notReady"
  | "append.refused.noQuorum"
  | "append.refused.backpressure"
  | "append.refused.storageFull"
  | "append.unknown.leadershipLost"
  | "append.unknown.connectionLost"
  | "append.unknown.timeout"
  | "append.lateAnswer"
  | "producer.found"
  | "producer.notFound"
  | "producer.fenced"
  | "producer.openRefused"
  | "producer.deposedLeader"
  | "producer.settleInterrupted"
  | "producer.waitedForBarrier"
  | "producer.leaderChanged"
  | "producer.unprovable"
  | "read.linearizable.onLeader"
  | "read.linearizable.onFollower"
  | "read.linearizable.refused"
  | "read.linearizable.timeout"
  | "read.local"
  | "read.local.stale"
  | "read.local.notReady"
  | "read.session"
  | "read.session.stale"
  | "read.session.refused"
  | "read.beyondEnd"
  | "read.trimmed"
  | "read.compacted"
  | "operator.trimmed"
  | "operator.rolled"
  | "operator.snapshot"
  | "operator.settings"
  | "operator.refused"
  | "operator.unknown"
  | "tail.waited"
  | "tail.woken"
  | "tail.slow";

/** One connection to one process: requests arrive in order, and so do answers. */
export interface Channel {
  lastArrivalMs: number;
  lastAnswerMs: number;
  readonly life: Life;
  /** Something on it failed: the process does not look at what comes after. */
  broken: boolean;
}

const STUCK_SHARE = 0.005;
const STUCK_MS_MAX = 4000;

/** Where clients live: the network between them and the nodes, and what they write down. */
export class ClientWorld {
  readonly world: World;
  readonly appends: AppendOperation[] = [];
  readonly reads: ReadOperation[] = [];
  /** What operators asked to be trimmed, whatever became of it. */
  readonly trims: TrimOrder[] = [];
  /** Told of everything noteworthy. */
  noted: (event: ClientEvent) => void = () => undefined;
  /** Offset after the last record that any client knows to be acknowledged. */
  acknowledgedEnd = 0;
  stopped = false;
  readonly #random: Random;

  constructor(world: World) {
    this.world = world;
    this.#random = world.fork();
  }

  get nowMs(): number {
    return this.world.time.nowMs;
  }

  /** Records have keys, of so many. */
  get keys(): number | undefined {
    return this.world.options.keys;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.time.plan(ms, resolve);
    });
  }

  /** Any node, as a client that knows nothing would choose. */
  anyHost(random: Random): SimHost {
    const { hosts } = this.world;
    const host = hosts[randomInteger(random, 0, hosts.length - 1)];
    if (host === undefined) throw new Error("a world has nodes");
    return host;
  }

  open(host: SimHost): Channel {
    return { lastArrivalMs: 0, lastAnswerMs: 0, life: host.life, broken: false };
  }

  hostNamed(name: string | undefined): SimHost | undefined {
    return this.world.hosts.find(({ nodeId }) => nodeId === name);
  }

  /**
   * One call over the network. `settled` hears of it exactly once: the node's answer, a connection
   * that broke, or that the time ran out. What the node does may happen all the same.
   */
  call<T>(
    host: SimHost,
    timeoutMs: number,
    invoke: (node: NodeApi, answer: Answer<T>) => void,
    settled: Answer<T>,
    channel: Channel = this.open(host),
  ): void {
    const { time } = this.world;
    let open = true;
    const { life } = channel;
    const settle = (result: T | LogError) => {
      if (!open) return;
      open = false;
      life.onEnd.delete(connectionLost);
      settled(result);
    };
    const connectionLost = () => time.plan(this.#delayMs(), () => settle(lost()));
    life.onEnd.add(connectionLost);
    time.plan(timeoutMs, () => {
      if (open) settle(tooLate());
    });
    channel.lastArrivalMs = Math.max(channel.lastArrivalMs, time.nowMs + this.#requestDelayMs());
    time.plan(channel.lastArrivalMs - time.nowMs, () => {
      if (!life.alive) return settle(refused());
      life.gate.pass(() => {
        if (!life.alive || channel.broken) return;
        if (host.node === undefined) return settle(refused());
        invoke(host.node, (result) => {
          // A stream ends with the first append that fails: what is behind it is not looked at.
          if (result instanceof LogError) channel.broken = true;
          if (!life.alive) return;
          channel.lastAnswerMs = Math.max(channel.lastAnswerMs, time.nowMs + this.#delayMs());
          time.plan(channel.lastAnswerMs - time.nowMs, () => settle(result));
        });
      });
    });
  }

  /** The same for calls that answer with a promise. */
  ask<T>(
    host: SimHost,
    timeoutMs: number,
    invoke: (node: NodeApi) => T | Promise<T>,
  ): Promise<T | LogError> {
    return new Promise((resolve) => {
      const run = (node: NodeApi, answer: Answer<T>) => {
        void (async () => invoke(node))().then(answer, (thrown: unknown) =>
          answer(LogError.from(thrown)),
        );
      };
      this.call(host, timeoutMs, run, resolve);
    });
  }

  /** Now and then a request hangs in the network for longer than its caller waits. */
  #requestDelayMs(): number {
    const stuck = !this.stopped && this.#random.next() < STUCK_SHARE;
    return this.#delayMs() + (stuck ? this.#random.next() * STUCK_MS_MAX : 0);
  }

  #delayMs(): number {
    return 0.1 + this.#random.next() * 0.9;
  }
}

function lost(): LogError {
  return new LogError("UNAVAILABLE", "the connection was lost", { outcome: "unknown" });
}

function tooLate(): LogError {
  return new LogError("TIMEOUT", "no answer in time", { outcome: "unknown" });
}

/** Nobody listens there: certainly nothing happened. */
function refused(): LogError {
  return new LogError("UNAVAILABLE", "the connection was refused");
}
