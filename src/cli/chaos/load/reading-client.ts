import { LogError } from "../../../client/index.ts";
import type { ReadOperation } from "../../../sim/history.ts";
import type { ChaosNode } from "../chaos-cluster.ts";
import { driverMs } from "../driver-clock.ts";
import type { LoadClient, Pace } from "./load-client.ts";
import type { Consistency, NodeCalls } from "./node-calls.ts";
import type { RunHistory } from "./run-history.ts";

const TIMEOUT_MS = 2000;
const MAX_BYTES = 4096;

/** Who reads, and what of. `session`: no less than this client was acknowledged, or has read. */
export interface ReaderOptions {
  readonly name: string;
  readonly consistency: Consistency;
  readonly session?: true;
}

/** Reads now here, now there; most often what is new. */
export class ReadingClient implements LoadClient {
  readonly #reader: ReaderOptions;
  readonly #nodes: readonly ChaosNode[];
  readonly #calls: NodeCalls;
  readonly #history: RunHistory;
  readonly #pace: Pace;
  #seenEnd = 0;

  constructor(
    reader: ReaderOptions,
    nodes: readonly ChaosNode[],
    world: { readonly calls: NodeCalls; readonly history: RunHistory; readonly pace: Pace },
  ) {
    this.#reader = reader;
    this.#nodes = nodes;
    this.#calls = world.calls;
    this.#history = world.history;
    this.#pace = world.pace;
  }

  async run(): Promise<void> {
    while (!this.#pace.stopped) {
      await this.#pace.think(100);
      const node = this.#nodes[this.#pace.draw(0, this.#nodes.length - 1)];
      if (node !== undefined && !this.#pace.stopped) await this.#readOne(node);
    }
  }

  get #sessionEnd(): number {
    return Math.max(this.#seenEnd, this.#history.acknowledgedEnd(this.#reader.name));
  }

  async #readOne({ nodeId, client: address }: ChaosNode): Promise<void> {
    const fresh = this.#pace.draw(0, 3) > 0;
    const from = fresh ? this.#seenEnd : this.#pace.draw(0, this.#seenEnd);
    const { name: client, consistency, session } = this.#reader;
    const minHighWatermark = session === true ? this.#sessionEnd : undefined;
    const operation: ReadOperation = {
      ...{ client, nodeId, consistency, from, session },
      ...{ invokedMs: driverMs(), settledMs: undefined, answer: undefined },
    };
    this.#history.reads.push(operation);
    try {
      const answer = await this.#calls.read(address, {
        ...{ from, maxBytes: MAX_BYTES, consistency, minHighWatermark },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      operation.settledMs = driverMs();
      const records = answer.entries
        .flatMap(({ baseOffset, values }) =>
          values.map((value, i) => ({ offset: baseOffset + i, value })),
        )
        .filter(({ offset }) => offset >= from);
      const { highWatermark, logStartOffset } = answer;
      operation.answer = {
        values: records.map(({ value }) => value),
        offsets: records.map(({ offset }) => offset),
        ...{ highWatermark, logStartOffset },
      };
      this.#seenEnd = Math.max(this.#seenEnd, highWatermark);
    } catch (thrown) {
      // Refused, or nobody there: a read that was not answered proves nothing and breaks nothing.
      if (!(thrown instanceof LogError)) throw thrown;
      operation.settledMs = driverMs();
    }
  }
}
