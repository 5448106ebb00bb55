import { type Client, codecs, connect, LogError, type Producer } from "../../src/index.ts";
import type { AppendSeen } from "./cluster-history.ts";

/** Appends of one client on their way at once: enough that a dying leader holds some. */
const IN_FLIGHT = 8;
const PADDING = "x".repeat(200);

/** Several clients that append unique values until they are stopped, and remember every answer. */
export class AppendingClients {
  readonly appends: AppendSeen[] = [];
  readonly #clients: readonly Client[];
  readonly #work: Promise<unknown>;
  #stopped = false;
  #next = 0;

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
    this.#work = Promise.all(clients.map((client, at) => this.#run(client, `client${at}`)));
  }

  static async start(count: number, endpoints: readonly string[]): Promise<AppendingClients> {
    const connecting = Array.from({ length: count }, () => connect({ endpoints: [...endpoints] }));
    return new AppendingClients(await Promise.all(connecting));
  }

  get acknowledged(): number {
    return this.appends.filter(({ outcome }) => outcome === "acknowledged").length;
  }

  /** Resolves when everything that was begun is answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #run(client: Client, name: string): Promise<void> {
    const producer = client.producer<string>({ codec: codecs.text });
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => this.#keepAppending(producer, name)));
    await producer.close();
  }

  async #keepAppending(producer: Producer<string>, name: string): Promise<void> {
    while (!this.#stopped)
      this.appends.push(await appendOnce(producer, `${name}-${this.#next++}-${PADDING}`));
  }
}

async function appendOnce(producer: Producer<string>, value: string): Promise<AppendSeen> {
  const startedMs = performance.now();
  const seen = (outcome: AppendSeen["outcome"], offset?: number): AppendSeen => {
    return { value, startedMs, endedMs: performance.now(), outcome, offset };
  };
  try {
    const { offset } = await producer.append({ value }, { timeoutMs: 30_000 });
    return seen("acknowledged", offset);
  } catch (error) {
    return seen(LogError.from(error).outcome);
  }
}
