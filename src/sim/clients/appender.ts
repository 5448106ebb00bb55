import { LogError } from "../../common/errors.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { AppendAck } from "../../runtime/node-api.ts";
import type { SimHost } from "../host.ts";
import type { AppendOperation } from "../history.ts";
import { begun, drawBatch } from "./batches.ts";
import type { ClientEvent, ClientWorld } from "./client-world.ts";
import { Session } from "./session.ts";

const TIMEOUT_MS = 2000;

/** How often many batches are sent at once: groups form, limits are met, tails get long. */
const BURST_SHARE = 0.04;

/** Appends one batch after the other, follows hints, and never sends anything twice. */
export class Appender {
  readonly #name: string;
  readonly #clients: ClientWorld;
  readonly #random: Random;
  readonly #thinkMsMax: () => number;
  readonly #session: Session;
  #host: SimHost;
  #number = 0;

  constructor(
    name: string,
    clients: ClientWorld,
    thinkMsMax: () => number,
    session: Session = new Session(),
  ) {
    this.#name = name;
    this.#clients = clients;
    this.#random = clients.world.fork();
    this.#thinkMsMax = thinkMsMax;
    this.#session = session;
    this.#host = clients.anyHost(this.#random);
  }

  async run(): Promise<void> {
    const clients = this.#clients;
    while (!clients.stopped) {
      await clients.sleep(randomInteger(this.#random, 0, this.#thinkMsMax()));
      if (clients.stopped) return;
      const burst = this.#random.next() < BURST_SHARE ? randomInteger(this.#random, 5, 30) : 1;
      await Promise.all(Array.from({ length: burst }, () => this.appendOne()));
    }
  }

  /** One append, at whoever is believed to lead. */
  appendOne(): Promise<AppendOperation> {
    const clients = this.#clients;
    const drawn = drawBatch(this.#name, ++this.#number, this.#random, clients.keys);
    const operation = begun(this.#name, drawn, clients.nowMs);
    clients.appends.push(operation);
    const { payload, values } = drawn;
    const batch = { payload, recordCount: values.length, producer: undefined };
    return new Promise((resolve) => {
      clients.call<AppendAck>(
        this.#host,
        TIMEOUT_MS,
        (node, answer) => node.append(batch, answer),
        (result) => {
          this.#settled(operation, result);
          resolve(operation);
        },
      );
    });
  }

  #settled(operation: AppendOperation, result: AppendAck | LogError): void {
    const clients = this.#clients;
    operation.settledMs = clients.nowMs;
    if (!(result instanceof LogError)) {
      operation.outcome = "acknowledged";
      operation.offset = result.offset;
      const end = result.offset + operation.values.length;
      clients.acknowledgedEnd = Math.max(clients.acknowledgedEnd, end);
      this.#session.saw(end);
      clients.noted("append.acknowledged");
      return;
    }
    operation.outcome = result.outcome;
    clients.noted(nameOf(result));
    this.#host = clients.hostNamed(result.leader) ?? clients.anyHost(this.#random);
  }
}

/** How an append that was not acknowledged is counted. */
export function nameOf({ code, outcome }: LogError): ClientEvent {
  if (outcome === "unknown") {
    if (code === "TIMEOUT") return "append.unknown.timeout";
    return code === "NOT_LEADER"
      ? "append.unknown.leadershipLost"
      : "append.unknown.connectionLost";
  }
  if (code === "PRODUCER_FENCED") return "producer.fenced";
  if (code === "BACKPRESSURE") return "append.refused.backpressure";
  if (code === "STORAGE_FULL") return "append.refused.storageFull";
  if (code === "NOT_LEADER") return "append.refused.notLeader";
  return code === "NO_QUORUM" ? "append.refused.noQuorum" : "append.refused.notReady";
}
