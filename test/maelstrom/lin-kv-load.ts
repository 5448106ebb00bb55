import {
  isLinearizable,
  type RegisterOperation,
  type RegisterStep,
} from "./linearizable-register.ts";
import { type Exchange, Load } from "./load.ts";

/** A key takes so many operations that may have happened; then the next one is used. */
const OPERATIONS_OF_A_KEY = 40;

/** The `lin-kv` workload: reads, writes, `cas`; every value is written once. */
export class LinKvLoad extends Load {
  readonly histories = new Map<number, RegisterOperation[]>();
  readonly #latest = new Map<number, number>();
  #key = 0;
  #value = 0;

  /** Keys whose history no register could have. */
  contradictions(): readonly number[] {
    return [...this.histories].flatMap(([key, history]) => (isLinearizable(history) ? [] : [key]));
  }

  protected override async operate(client: string): Promise<void> {
    const key = this.choose([this.#key, this.#key + 1]);
    const value = ++this.#value;
    switch (this.choose(["read", "write", "cas"])) {
      case "read":
        return this.#read(client, key);
      case "write": {
        const exchange = await this.exchange(client, { type: "write", key, value });
        return this.#add(key, exchange, { f: "write", value });
      }
      default:
        return this.#compareAndSet(client, key, value);
    }
  }

  async #read(client: string, key: number): Promise<void> {
    const exchange = await this.exchange(client, { type: "read", key });
    if (exchange.outcome !== "ok") return;
    const value = exchange.answer?.["value"] as number | undefined;
    if (value !== undefined) this.#latest.set(key, value);
    this.#add(key, exchange, { f: "read", value });
  }

  async #compareAndSet(client: string, key: number, to: number): Promise<void> {
    const from = this.#latest.get(key) ?? 0;
    const exchange = await this.exchange(client, { type: "cas", key, from, to });
    const code = exchange.answer?.["code"];
    if (code === 20) return this.#add(key, exchange, { f: "cas missing" });
    if (code === 22) return this.#add(key, exchange, { f: "cas mismatch", from });
    this.#add(key, exchange, { f: "cas", from, to });
  }

  /** What certainly failed is left out: were its value read, nobody would have written it. */
  #add(key: number, { outcome, invokedMs, completedMs }: Exchange, step: RegisterStep): void {
    if (outcome === "failed") return;
    const history = this.histories.get(key) ?? [];
    this.histories.set(key, history);
    const end = outcome === "ok" ? completedMs : Infinity;
    history.push({ invokedMs, completedMs: end, step });
    if (outcome === "ok" && step.f === "write") this.#latest.set(key, step.value);
    if (history.length >= OPERATIONS_OF_A_KEY && key === this.#key) this.#key++;
  }
}
