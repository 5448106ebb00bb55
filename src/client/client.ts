import { setMaxListeners } from "node:events";
import { LogError } from "../common/errors.ts";
import { randomInteger } from "../common/random.ts";
import { logService } from "../wire/protos.ts";
import { type Admin, createAdmin } from "./admin.ts";
import type { CallOptions } from "./call-options.ts";
import { callAnyMember, type ClientContext } from "./calls.ts";
import { ClusterView, type LeaderInfo } from "./cluster-view.ts";
import { firstContact } from "./connect.ts";
import { Connections } from "./connections.ts";
import { readEndpoints } from "./endpoints.ts";
import type { ClientPorts } from "./ports.ts";
import { LogProducer, type Producer } from "./producer.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { type RetryOptions, retryPolicy } from "./retry.ts";
import { ClientSession } from "./session.ts";
import { systemPorts } from "./system-ports.ts";
import { LogTail, type Tail } from "./tail.ts";
import type { TailOptions } from "./tail-options.ts";

export interface ClientOptions {
  /** Any members, as `host:port`; a string may hold several with commas. */
  readonly endpoints: string | readonly string[];
  /** False: every call is tried once, and a broken stream fails what was on it. */
  readonly retry?: RetryOptions | false | undefined;
}

export interface LogOffsets {
  /** First offset that may be read. */
  readonly logStartOffset: number;
  /** Offset after the last committed record. */
  readonly highWatermark: number;
}

/** A connection to a cluster. */
export interface Client extends AsyncDisposable {
  producer<V = Uint8Array>(options?: ProducerOptions<V>): Producer<V>;
  tail<V = Uint8Array>(options?: TailOptions<V>): Tail<V>;
  /** Where the log begins and ends, as a majority confirms it. */
  offsets(options?: CallOptions): Promise<LogOffsets>;
  readonly admin: Admin;
  /** Calls `listener` whenever a producer finds another leader or a newer term. */
  on(event: "leader", listener: (leader: LeaderInfo) => void): Client;
  /** Flushes and closes all producers, ends all tails, closes the connections. */
  close(): Promise<void>;
}

/**
 * Connects to a cluster through any of its members. Asks all endpoints once and is content with
 * one answer, so a wrong address is noticed at once; what is lost later is ridden out.
 * @throws LogError UNAVAILABLE when no endpoint answers, INVALID_ARGUMENT when one is malformed
 */
export async function connect(
  options: ClientOptions | string,
  call: CallOptions = {},
): Promise<Client> {
  return connectWith(typeof options === "string" ? { endpoints: options } : options, call);
}

/** {@link connect} in a world of the caller's choice: tests inject clock, timers and randomness. */
export async function connectWith(
  options: ClientOptions,
  call: CallOptions = {},
  ports: ClientPorts = systemPorts,
): Promise<Client> {
  const endpoints = readEndpoints(options.endpoints);
  const policy = retryPolicy(options.retry);
  const closing = new AbortController();
  // One listener for each call under way: many are no leak.
  setMaxListeners(0, closing.signal);
  const first = randomInteger(ports.random, 0, endpoints.length - 1);
  const view = new ClusterView(endpoints, first);
  const connections = new Connections();
  const session = new ClientSession();
  const context = { view, connections, ports, policy, session, closing: closing.signal };
  try {
    await firstContact(context, call);
  } catch (thrown) {
    connections.close();
    throw thrown;
  }
  return new LogClient(context, closing);
}

class LogClient implements Client {
  readonly admin: Admin;
  readonly #context: ClientContext;
  readonly #closing: AbortController;
  readonly #producers = new Set<{ close(): Promise<void> }>();
  #closed: Promise<void> | undefined;

  constructor(context: ClientContext, closing: AbortController) {
    this.#context = context;
    this.#closing = closing;
    this.admin = createAdmin(context);
  }

  producer<V = Uint8Array>(options: ProducerOptions<V> = {}): Producer<V> {
    this.#checkOpen();
    const producer = new LogProducer<V>(this.#context, options, () => {
      this.#producers.delete(producer);
    });
    this.#producers.add(producer);
    return producer;
  }

  tail<V = Uint8Array>(options: TailOptions<V> = {}): Tail<V> {
    this.#checkOpen();
    return new LogTail<V>(this.#context, options);
  }

  async offsets(options: CallOptions = {}): Promise<LogOffsets> {
    this.#checkOpen();
    const request = { consistency: "CONSISTENCY_LINEARIZABLE" } as const;
    const answer = await callAnyMember(this.#context, logService().Offsets, request, options);
    this.#context.session.saw(answer.highWatermark);
    return { logStartOffset: answer.logStartOffset, highWatermark: answer.highWatermark };
  }

  on(_event: "leader", listener: (leader: LeaderInfo) => void): this {
    this.#context.view.onLeader(listener);
    return this;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#producers].map((producer) => producer.close()));
    this.#closing.abort(new LogError("CLOSED", "the client is closed"));
    this.#context.connections.close();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new LogError("CLOSED", "the client is closed");
  }
}
