import { LogError } from "../common/errors.ts";
import { type Random, randomInteger } from "../common/random.ts";
import type { AppendAck } from "../runtime/node-api.ts";
import { encodeRecordBatch } from "../wire/record-batch.ts";
import type { AppendOperation } from "./history.ts";
import type { World } from "./world.ts";

/** How long a client waits before it calls an append's outcome unknown. */
const APPEND_TIMEOUT_MS = 2000;

/** Clients that append, never retry, and write down what they were told. */
export class Workload {
  readonly operations: AppendOperation[] = [];
  readonly #world: World;
  readonly #random: Random;
  #stopped = false;

  constructor(world: World, clients: number) {
    this.#world = world;
    this.#random = world.fork();
    for (let i = 1; i <= clients; i++) this.#next(`c${i}`, 0);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** One append at a node that leads, for whoever wants to see progress; false if none does. */
  appendNow(client: string): AppendOperation | undefined {
    const leader = this.#world.running.find((host) => host.node?.status().raft?.role === "leader");
    if (leader?.node === undefined) return undefined;
    const count = randomInteger(this.#random, 1, 4);
    const number = this.operations.length;
    const values = Array.from({ length: count }, (_, i) => `${client}-${number}-${i}`);
    const operation: AppendOperation = {
      client,
      values,
      invokedMs: this.#world.time.nowMs,
      settledMs: undefined,
      outcome: "unknown",
      offset: undefined,
    };
    this.operations.push(operation);
    const records = values.map((value) => ({
      key: undefined,
      value: this.#bytes(value),
      headers: [],
    }));
    const batch = { payload: encodeRecordBatch(records), recordCount: count, producer: undefined };
    leader.node.append(batch, (result) => settle(operation, result, this.#world.time.nowMs));
    return operation;
  }

  #next(client: string, delayMs: number): void {
    this.#world.time.plan(delayMs, () => {
      if (this.#stopped) return;
      const operation = this.appendNow(client);
      if (operation === undefined) this.#next(client, randomInteger(this.#random, 5, 50));
      else this.#awaitSettled(client, operation);
    });
  }

  #awaitSettled(client: string, operation: AppendOperation): void {
    this.#world.time.plan(1, () => {
      const waitedMs = this.#world.time.nowMs - operation.invokedMs;
      if (operation.settledMs !== undefined || waitedMs > APPEND_TIMEOUT_MS)
        this.#next(client, randomInteger(this.#random, 0, 20));
      else this.#awaitSettled(client, operation);
    });
  }

  /** The value, sometimes padded so that segments fill at an uneven pace. */
  #bytes(value: string): Uint8Array {
    const padding = this.#random.next() < 0.2 ? randomInteger(this.#random, 0, 600) : 0;
    return new TextEncoder().encode(`${value}|${"x".repeat(padding)}`);
  }
}

function settle(operation: AppendOperation, result: AppendAck | LogError, nowMs: number): void {
  operation.settledMs = nowMs;
  if (result instanceof LogError) operation.outcome = result.outcome;
  else {
    operation.outcome = "acknowledged";
    operation.offset = result.offset;
  }
}
