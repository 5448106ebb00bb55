import { setMaxListeners } from "node:events";
import { seededRandom } from "../../../common/random.ts";
import type { ChaosNode } from "../chaos-cluster.ts";
import { type LoadClient, Pace } from "./load-client.ts";
import { NodeCalls } from "./node-calls.ts";
import { ProducingClient } from "./producing-client.ts";
import { type ReaderOptions, ReadingClient } from "./reading-client.ts";
import type { RunHistory } from "./run-history.ts";
import { TailingClient } from "./tailing-client.ts";

/** Long enough for any fault: these learn what became of everything they appended. */
const PATIENT_MS = 60_000;
/** Shorter than most faults: these often give up, and never learn. */
const HASTY_MS = 800;

/** The clients of one run. Whatever one of them throws that it does not expect ends the run. */
export class Population {
  readonly calls: NodeCalls;
  readonly #stopping = new AbortController();
  readonly #leaving = new AbortController();
  readonly #clients: readonly LoadClient[];
  #working: Promise<unknown> | undefined;

  /** `from`: where the log ends when the run begins. */
  constructor(nodes: readonly ChaosNode[], history: RunHistory, seed: number, from: number) {
    this.calls = new NodeCalls(history);
    const stopping = this.#stopping.signal;
    setMaxListeners(0, stopping, this.#leaving.signal);
    const pace = (number: number) => new Pace(seededRandom(seed * 31 + number), stopping);
    const endpoints = nodes.map(({ client }) => client);
    const { calls } = this;
    const producer = (name: string, number: number, patienceMs: number, batch: number) => {
      const habits = { window: 8, batch, thinkMs: 20 };
      const leaving = this.#leaving.signal;
      const options = { name, endpoints, patienceMs, leaving, ...habits };
      return new ProducingClient(options, history, pace(number));
    };
    const reader = (number: number, options: ReaderOptions) =>
      new ReadingClient(options, nodes, { calls, history, pace: pace(number) });
    this.#clients = [
      producer("p1", 1, PATIENT_MS, 1),
      producer("p2", 2, PATIENT_MS, 3),
      producer("h1", 3, HASTY_MS, 1),
      producer("h2", 4, HASTY_MS, 3),
      reader(5, { name: "r1", consistency: "linearizable" }),
      reader(6, { name: "r2", consistency: "linearizable" }),
      reader(7, { name: "l1", consistency: "local" }),
      reader(10, { name: "p1", consistency: "local", session: true }),
      ...nodes.slice(0, 2).map((node, at) => {
        const world = { history, pace: pace(8 + at), stopping };
        return new TailingClient(node, from, world);
      }),
    ];
  }

  start(): void {
    this.#working = Promise.all(this.#clients.map((client) => client.run()));
    // Asked for when the clients are stopped; until then nobody waits for it.
    this.#working.catch(() => undefined);
  }

  /** Resolves when every client has been told what it wanted to know, or has given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  /** Ends everything, settled or not. */
  close(): void {
    this.#stopping.abort();
    this.#leaving.abort();
    this.calls.close();
  }
}
