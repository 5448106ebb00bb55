import { connect, LogError, type LogRecord } from "../../../client/index.ts";
import type { ChaosNode } from "../chaos-cluster.ts";
import { driverMs } from "../driver-clock.ts";
import type { LoadClient, Pace } from "./load-client.ts";
import type { RunHistory } from "./run-history.ts";

/** Follows the log at one node through the client library, from the run's beginning on. */
export class TailingClient implements LoadClient {
  readonly #node: ChaosNode;
  readonly #history: RunHistory;
  readonly #pace: Pace;
  readonly #stopping: AbortSignal;
  #position: number;

  constructor(
    node: ChaosNode,
    from: number,
    world: {
      readonly history: RunHistory;
      readonly pace: Pace;
      readonly stopping: AbortSignal;
    },
  ) {
    this.#node = node;
    this.#position = from;
    this.#history = world.history;
    this.#pace = world.pace;
    this.#stopping = world.stopping;
  }

  async run(): Promise<void> {
    while (!this.#pace.stopped) {
      try {
        await this.#follow();
      } catch (thrown) {
        // Its node is down for longer than the client has patience: again, from where it was.
        if (!(thrown instanceof LogError) || thrown.code === "CORRUPT") throw thrown;
      }
      await this.#pace.think(200);
    }
  }

  async #follow(): Promise<void> {
    const endpoints = [this.#node.client];
    await using client = await connect({ endpoints, retry: { maxElapsedMs: 10_000 } });
    const from = { offset: this.#position };
    const tail = client.tail({ from, consistency: "local", signal: this.#stopping });
    let askedMs = driverMs();
    for await (const batch of tail.batches()) {
      this.#note(batch, askedMs, tail.lag);
      askedMs = driverMs();
    }
  }

  #note(batch: readonly LogRecord[], invokedMs: number, lag: number): void {
    const { nodeId } = this.#node;
    const from = this.#position;
    const offsets = batch.map(({ offset }) => offset);
    const values = batch.map(({ offset, value }) =>
      this.#history.nameOf(offset, value ?? undefined),
    );
    this.#position = (offsets.at(-1) ?? from - 1) + 1;
    const highWatermark = this.#position + lag;
    this.#history.reads.push({
      ...{ client: `tail-${nodeId}`, nodeId, consistency: "local", from, invokedMs },
      settledMs: driverMs(),
      answer: { values, offsets, highWatermark, logStartOffset: 0 },
    });
  }
}
