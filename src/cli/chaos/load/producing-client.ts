import { type Client, codecs, connect, LogError, type Producer } from "../../../client/index.ts";
import type { AppendOperation } from "../../../sim/history.ts";
import { driverMs } from "../driver-clock.ts";
import type { LoadClient, Pace } from "./load-client.ts";
import type { RunHistory } from "./run-history.ts";

export interface ProducingOptions {
  readonly name: string;
  readonly endpoints: readonly string[];
  /** An append is given up after this long, its outcome perhaps unknown for ever. */
  readonly patienceMs: number;
  /** Appends on their way at a time. */
  readonly window: number;
  /** Most records in one append. */
  readonly batch: number;
  readonly thinkMs: number;
  /** Aborted: what is not settled stays unknown. */
  readonly leaving: AbortSignal;
}

/** Appends through the client library, whose producer settles by evidence what it lost. */
export class ProducingClient implements LoadClient {
  readonly #options: ProducingOptions;
  readonly #history: RunHistory;
  readonly #pace: Pace;
  readonly #underWay = new Set<Promise<void>>();
  #number = 0;
  #sequence = 0;

  constructor(options: ProducingOptions, history: RunHistory, pace: Pace) {
    this.#options = options;
    this.#history = history;
    this.#pace = pace;
  }

  async run(): Promise<void> {
    const { endpoints, patienceMs, window, thinkMs } = this.#options;
    await using client = await this.#connect([...endpoints], patienceMs);
    if (client === undefined) return;
    const producer = client.producer({ codec: codecs.text });
    while (!this.#pace.stopped) {
      await this.#pace.think(thinkMs);
      while (this.#underWay.size >= window) await Promise.race(this.#underWay);
      if (!this.#pace.stopped) this.#append(producer);
    }
    await Promise.all(this.#underWay);
  }

  /** The cluster may just be down: then it is asked again. */
  async #connect(endpoints: readonly string[], maxElapsedMs: number): Promise<Client | undefined> {
    while (!this.#pace.stopped)
      try {
        return await connect({ endpoints, retry: { maxElapsedMs } });
      } catch (thrown) {
        if (!(thrown instanceof LogError)) throw thrown;
        await this.#pace.think(200);
      }
    return undefined;
  }

  #append(producer: Producer<string>): void {
    const { name, batch, patienceMs, leaving } = this.#options;
    const count = this.#pace.draw(1, batch);
    const operation = this.#history.begin(name, ++this.#number, count, this.#sequence);
    this.#sequence += count;
    const inputs = operation.values.map((value) => ({ value }));
    const answered = producer.appendBatch(inputs, { timeoutMs: patienceMs, signal: leaving }).then(
      ([first]) => this.#history.acknowledge(operation, first?.offset ?? -1),
      (thrown: unknown) => this.#failed(operation, thrown),
    );
    this.#underWay.add(answered);
    void answered.then(() => this.#underWay.delete(answered));
  }

  #failed(operation: AppendOperation, thrown: unknown): void {
    if (!(thrown instanceof LogError)) throw thrown;
    operation.outcome = thrown.outcome;
    operation.settledMs = driverMs();
  }
}
