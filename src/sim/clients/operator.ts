import { Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { NodeApi } from "../../runtime/node-api.ts";
import type { LogSettings } from "../../statemachine/settings.ts";
import type { SimHost } from "../host.ts";
import type { ClientEvent, ClientWorld } from "./client-world.ts";

const CALL_TIMEOUT_MS = 3000;
const THINK_MS_MAX = 6000;
const MAX_ATTEMPTS = 3;

interface Order {
  readonly done: ClientEvent;
  readonly give: (node: NodeApi) => Promise<unknown>;
}

/** Now and then moves the log start, takes a snapshot, begins a segment, changes settings. */
export class Operator {
  readonly #clients: ClientWorld;
  readonly #random: Random;
  #host: SimHost;

  constructor(clients: ClientWorld) {
    this.#clients = clients;
    this.#random = clients.world.fork();
    this.#host = clients.anyHost(this.#random);
  }

  async run(): Promise<void> {
    const clients = this.#clients;
    while (!clients.stopped) {
      await clients.sleep(randomInteger(this.#random, 200, THINK_MS_MAX));
      if (clients.stopped) return;
      await this.#give(this.#draw());
    }
  }

  /** At whoever leads, as far as anybody knows. */
  async #give({ done, give }: Order): Promise<void> {
    const clients = this.#clients;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const answer = await clients.ask(this.#host, CALL_TIMEOUT_MS, give);
      if (!(answer instanceof LogError)) return clients.noted(done);
      const unknown = answer.outcome === "unknown";
      clients.noted(unknown ? "operator.unknown" : "operator.refused");
      this.#host = clients.hostNamed(answer.leader) ?? clients.anyHost(this.#random);
      if (unknown || answer.leader === undefined) return;
    }
  }

  #draw(): Order {
    const draw = this.#random.next();
    if (draw < 0.25) return this.#trim();
    if (draw < 0.5)
      return { done: "operator.snapshot", give: (node) => node.lifecycle.triggerSnapshot() };
    if (draw < 0.7) return { done: "operator.rolled", give: (node) => node.lifecycle.roll() };
    const changes = this.#change();
    return {
      done: "operator.settings",
      give: (node) => node.lifecycle.changeSettings(changes),
    };
  }

  /** Mostly the older part of what is there; now and then all of it, or more than there is. */
  #trim(): Order {
    const { acknowledgedEnd } = this.#clients;
    const all = this.#random.next() < 0.1;
    const most = all ? acknowledgedEnd + 20 : Math.floor(acknowledgedEnd / 2);
    const beforeOffset = Offset(randomInteger(this.#random, 0, most));
    this.#clients.trims.push({ invokedMs: this.#clients.nowMs, beforeOffset });
    return { done: "operator.trimmed", give: (node) => node.lifecycle.trim(beforeOffset) };
  }

  #change(): Partial<LogSettings> {
    const random = this.#random;
    const { keys, segmentBytes } = this.#clients.world.options;
    const draw = random.next();
    if (draw < 0.3) return { segmentBytes: segmentBytes << randomInteger(random, 0, 2) };
    if (draw < 0.6) return { retentionBytes: segmentBytes * randomInteger(random, 1, 8) };
    if (draw < 0.75) return { snapshotMaxRecordBytes: 1024 * randomInteger(random, 1, 8) };
    if (keys === undefined) return { retentionMs: randomInteger(random, 1500, 8000) };
    const cleanupPolicy = random.next() < 0.5 ? "compact,delete" : "compact";
    if (cleanupPolicy === "compact,delete") return { cleanupPolicy };
    return { cleanupPolicy, retentionBytes: undefined, retentionMs: undefined };
  }
}
