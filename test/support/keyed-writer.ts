import { type Client, codecs, connect, LogError } from "../../src/index.ts";
import { type Change, packageRound } from "./real-input.ts";

/** Appends on their way at once, at most. */
const MAX_BUFFERED_BYTES = 1 << 20;

/** Writes rounds of a package database, in order, and keeps the map that they come to. */
export class KeyedWriter {
  /** What a reader must end with. */
  readonly state = new Map<string, string>();
  readonly failures: string[] = [];
  written = 0;
  readonly #client: Client;
  readonly #producer;

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

  /** Writes `lastKey` and resolves when everything is answered. */
  async end(lastKey: string): Promise<void> {
    this.#write({ key: lastKey, value: lastKey });
    await this.#producer.close();
    await this.#client.close();
  }

  #write({ key, value }: Change): void {
    this.written++;
    if (value === null) this.state.delete(key);
    else this.state.set(key, value);
    this.#producer.append({ key, value }, { timeoutMs: 120_000 }).catch((thrown: unknown) => {
      this.failures.push(`${key}: ${LogError.from(thrown).message}`);
    });
  }
}
