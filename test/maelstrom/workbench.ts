import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomInteger, seededRandom } from "../../src/common/random.ts";
import { LineSplitter } from "../../src/maelstrom/line-splitter.ts";
import { type Finished, RunningBalsa } from "../cli/run-balsa.ts";

export type Body = Readonly<Record<string, unknown>>;

interface Message {
  readonly src: string;
  readonly dest: string;
  readonly body: Body;
}

interface Process {
  readonly running: RunningBalsa;
  /** Answers to clients so far: their `msg_id` counts them. */
  answers: number;
  ended: boolean;
}

interface Waiting {
  readonly node: string;
  readonly answered: (body: Body | undefined) => void;
}

export interface WorkbenchOptions {
  readonly seed?: number;
  /** Every message takes a random time up to this, so that they overtake each other. */
  readonly delayMsMax?: number;
  /** Falsifies what nodes answer to clients: a planted fault that the checks must find. */
  readonly falsify?: (answer: Body) => Body;
}

/** As long as the workbench's own clients of `lin-kv` wait. */
const CLIENT_TIMEOUT_MS = 1000;

/**
 * A small Maelstrom: `balsa maelstrom` processes from `dist/`, and a network between them that
 * delays messages, cuts links and survives the death of nodes.
 */
export class Workbench implements AsyncDisposable {
  readonly nodeIds: readonly string[];
  /** What no node of the protocol may do, one sentence each. */
  readonly misbehaviour: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), "balsa-workbench-"));
  readonly #processes = new Map<string, Process>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #random;
  readonly #delayMsMax: number;
  readonly #falsify: (answer: Body) => Body;
  #isolated: ReadonlySet<string> = new Set();
  #requests = 0;

  constructor(nodeIds: readonly string[], options: WorkbenchOptions = {}) {
    const { seed = 1, delayMsMax = 0, falsify = (answer) => answer } = options;
    this.nodeIds = nodeIds;
    this.#falsify = falsify;
    this.#random = seededRandom(seed);
    this.#delayMsMax = delayMsMax;
  }

  static async start(nodeIds: readonly string[], options?: WorkbenchOptions): Promise<Workbench> {
    const workbench = new Workbench(nodeIds, options);
    await Promise.all(nodeIds.map((nodeId) => workbench.boot(nodeId)));
    return workbench;
  }

  /** Starts the node's process, on the data that it left, and waits for `init_ok`. */
  async boot(nodeId: string): Promise<void> {
    const running = new RunningBalsa(["maelstrom", "--data-dir", this.directory]);
    const process: Process = { running, answers: 0, ended: false };
    this.#processes.set(nodeId, process);
    const lines = new LineSplitter(1 << 26, () => this.misbehaviour.push("an endless line"));
    running.child.stdout?.on("data", (chunk: Buffer) => {
      for (const line of lines.split(chunk)) this.#said(nodeId, process, line);
    });
    void running.finished.then(() => {
      process.ended = true;
      for (const [key, { node, answered }] of this.#waiting)
        if (node === nodeId) {
          this.#waiting.delete(key);
          answered(undefined);
        }
    });
    const init = { type: "init", node_id: nodeId, node_ids: this.nodeIds };
    const answer = await this.request("c0", nodeId, init, 60_000);
    if (answer?.["type"] !== "init_ok") throw new Error(`init: ${JSON.stringify(answer)}`);
  }

  /** Sends a client's request; absent when no answer came in time, or the node died. */
  async request(
    client: string,
    node: string,
    body: Body,
    timeoutMs = CLIENT_TIMEOUT_MS,
  ): Promise<Body | undefined> {
    const msgId = ++this.#requests;
    const key = `${client} ${msgId}`;
    const answered = new Promise<Body | undefined>((resolve) => {
      this.#waiting.set(key, { node, answered: resolve });
    });
    this.#deliver({ src: client, dest: node, body: { ...body, msg_id: msgId } });
    const timer = setTimeout(() => this.#waiting.get(key)?.answered(undefined), timeoutMs);
    return answered.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(key);
    });
  }

  /** These nodes and the others hear nothing of each other any more. */
  isolate(...nodes: readonly string[]): void {
    this.#isolated = new Set(nodes);
  }

  heal(): void {
    this.#isolated = new Set();
  }

  async kill(nodeId: string): Promise<void> {
    const process = this.#processes.get(nodeId);
    process?.running.child.kill("SIGKILL");
    await process?.running.finished;
  }

  /** Ends the input of every node; resolves when the processes have ended. */
  end(): Promise<readonly Finished[]> {
    const processes = [...this.#processes.values()];
    for (const { running } of processes) running.child.stdin?.end();
    return Promise.all(processes.map(({ running }) => running.finished));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodeIds.map((nodeId) => this.kill(nodeId)));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #said(nodeId: string, process: Process, line: string): void {
    const message = JSON.parse(line) as Message;
    if (message.src !== nodeId) this.misbehaviour.push(`${nodeId} speaks as ${message.src}`);
    if (!this.nodeIds.includes(message.dest)) {
      const { msg_id: msgId } = message.body;
      if (msgId !== process.answers++)
        this.misbehaviour.push(`${nodeId}: answer ${process.answers - 1} has id ${String(msgId)}`);
    }
    this.#deliver(message);
  }

  #deliver(message: Message): void {
    const delayMs = randomInteger(this.#random, 0, this.#delayMsMax);
    if (delayMs === 0) this.#arrive(message);
    else setTimeout(() => this.#arrive(message), delayMs);
  }

  #arrive({ src, dest, body }: Message): void {
    if (!this.nodeIds.includes(dest)) {
      this.#waiting.get(`${dest} ${String(body["in_reply_to"])}`)?.answered(this.#falsify(body));
      return;
    }
    const betweenNodes = this.nodeIds.includes(src);
    if (betweenNodes && this.#isolated.has(src) !== this.#isolated.has(dest)) return;
    const process = this.#processes.get(dest);
    if (process === undefined || process.ended) return;
    process.running.child.stdin?.write(`${JSON.stringify({ src, dest, body })}\n`);
  }
}
