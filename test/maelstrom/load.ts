import { type Random, randomInteger, seededRandom } from "../../src/common/random.ts";
import { until } from "../cli/run-balsa.ts";
import type { Body, Workbench } from "./workbench.ts";

/** How an answer is to be taken: an operation may have happened although nobody says so. */
export type Outcome = "ok" | "failed" | "unknown";

/** Definite errors that mean "not now"; the others are answers of the state machine. */
const FAILED: ReadonlySet<unknown> = new Set([11, 14]);
const UNKNOWN: ReadonlySet<unknown> = new Set([0, 13]);
const ANSWERS: ReadonlySet<unknown> = new Set([20, 22]);

/** One request and its answer, as its client saw them. */
export interface Exchange {
  readonly invokedMs: number;
  readonly completedMs: number;
  readonly outcome: Outcome;
  /** Absent when nobody answered. */
  readonly answer: Body | undefined;
  readonly client: string;
  readonly node: string;
}

/** Clients that ask random nodes, one request after the other each, until they are stopped. */
export abstract class Load {
  readonly workbench: Workbench;
  /** Answers that were neither an `_ok` nor an error this load may meet. */
  readonly strange: Body[] = [];
  readonly counts: Record<Outcome, number> = { ok: 0, failed: 0, unknown: 0 };
  readonly #random: Random;
  readonly #name: string;
  readonly #clients: Promise<void>[] = [];
  #stopped = false;

  /** Its clients have names that begin with `name`. */
  constructor(workbench: Workbench, seed: number, name: string) {
    this.workbench = workbench;
    this.#name = name;
    this.#random = seededRandom(seed);
  }

  start(clients: number): void {
    for (let i = 1; i <= clients; i++) this.#clients.push(this.#run(`${this.#name}.${i}`));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Resolves once `more` operations were answered from now on. */
  async answers(more: number): Promise<void> {
    const enough = this.counts.ok + more;
    await until(`${enough} answers to the load`, () => this.counts.ok >= enough);
  }

  /** One operation of a client; returns when it has its answer. */
  protected abstract operate(client: string): Promise<void>;

  protected choose<T>(items: readonly T[]): T {
    return items[randomInteger(this.#random, 0, items.length - 1)] as T;
  }

  /** Sends a request to a random node. */
  protected async exchange(client: string, body: Body): Promise<Exchange> {
    const node = this.choose(this.workbench.nodeIds);
    const invokedMs = performance.now();
    const answer = await this.workbench.request(client, node, body);
    const completedMs = performance.now();
    const outcome = this.#outcomeOf(String(body["type"]), answer);
    this.counts[outcome]++;
    return { invokedMs, completedMs, outcome, answer, client, node };
  }

  #outcomeOf(type: string, answer: Body | undefined): Outcome {
    if (answer === undefined) return "unknown";
    if (answer["type"] === `${type}_ok`) return "ok";
    const { code } = answer;
    if (FAILED.has(code)) return "failed";
    if (UNKNOWN.has(code)) return "unknown";
    if (!ANSWERS.has(code)) this.strange.push(answer);
    return "ok";
  }

  async #run(client: string): Promise<void> {
    while (!this.#stopped) {
      await this.operate(client);
      // The next turn: a node that has died answers at once.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
