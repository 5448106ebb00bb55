import { type Client, codecs, connect, LogError, type Producer } from "../../src/index.ts";
import { type Change, packageRound } from "./real-input.ts";

/** Appends on their way at once, at most. */
const MAX_BUFFERED_BYTES = 1 << 20;

/**
 * Writes rounds of a package database, in order, and keeps the map that they come to.
 *
 * The log is compacted while it writes. A node that is killed may take an acknowledgement with it,
 * and compaction may take the evidence of that append before it is looked for: the append then
 * fails with `OFFSET_TRIMMED` and the outcome `unknown`, as docs/client.md says. Writing the key's
 * newest value again is right whether or not it had been written, so that is what is done, once
 * everything else is answered.
 */
export class KeyedWriter {
  /** What a reader must end with. */
  readonly state = new Map<string, string>();
  readonly failures: string[] = [];
  written = 0;
  readonly #open = new Set<Promise<void>>();
  /** Keys of appends whose fate was compacted away. */
  #unsettled = new Set<string>();
  readonly #client: Client;
  readonly #producer: Producer<string>;

  private constructor(client: Client) {
    this.#client = client;
    this.#producer = client.producer<string>({ codec: codecs.text });
  }

  static async connect(endpoints: readonly string[]): Promise<KeyedWriter> {
    return new KeyedWriter(await connect({ endpoints }));
  }

  /** One round; resolves when all of it is on its way. */
  async round(round: number): Promise<void> {
    for (const change of packageRound(round)) {
      this.#write(change);
      if (this.#producer.bufferedBytes > MAX_BUFFERED_BYTES) await this.#producer.drain();
    }
  }

  /** Writes `lastKey` after everything else and resolves when everything is answered. */
  async end(lastKey: string): Promise<void> {
    await this.#settle();
    this.#write({ key: lastKey, value: lastKey });
    await this.#settle();
    await this.#producer.close();
    await this.#client.close();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#open);
    while (this.#unsettled.size > 0) {
      const keys = [...this.#unsettled];
      this.#unsettled = new Set();
      for (const key of keys) this.#write({ key, value: this.state.get(key) ?? null });
      await Promise.all(this.#open);
    }
  }

  #write(change: Change): void {
    this.written++;
    const { key, value } = change;
    if (value === null) this.state.delete(key);
    else this.state.set(key, value);
    const written = this.#append(change).finally(() => this.#open.delete(written));
    this.#open.add(written);
  }

  async #append(change: Change): Promise<void> {
    try {
      await this.#producer.append(change, { timeoutMs: 120_000 });
    } catch (thrown) {
      const { code, outcome, message } = LogError.from(thrown);
      if (code === "OFFSET_TRIMMED" && outcome === "unknown") this.#unsettled.add(change.key);
      else this.failures.push(`${change.key}: ${message}`);
    }
  }
}
