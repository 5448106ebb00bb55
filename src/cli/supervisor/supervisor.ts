import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { deferred } from "../../common/deferred.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { isLeaderReady, type LogLine } from "../story.ts";
import {
  clusterFilePath,
  type ProcessReport,
  removeClusterFile,
  writeClusterFile,
} from "./cluster-file.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  type ControlServer,
  serveControl,
} from "./control-channel.ts";
import { ManagedNode } from "./managed-node.ts";
import { Narrator, PASTE } from "./narrator.ts";
import { identify } from "./process-identity.ts";
import type { LocalCluster } from "./procfile.ts";

const LEADER_PATIENCE_MS = 10_000;

/** Runs the nodes of a Procfile, tells what happens, and does what other terminals ask. */
export class Supervisor {
  readonly #cluster: LocalCluster;
  readonly #file: string;
  readonly #narrator: Narrator;
  readonly #nodes: readonly ManagedNode[];
  readonly #token = randomBytes(16).toString("hex");
  readonly #startedAtMs = Date.now();
  readonly #stopped = deferred<number>();
  #control: ControlServer | undefined;
  readonly #leaderWaiters: (() => void)[] = [];
  #welcomed = false;
  #stopping = false;

  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
    this.#file = clusterFilePath(cluster.directory);
    this.#narrator = new Narrator(cluster.processes.map(({ name }) => name));
    this.#nodes = cluster.processes.map(
      (spec) =>
        new ManagedNode(spec, cluster.directory, {
          logged: (node, line) => this.#logged(node, line),
          ended: (node) => this.#ended(node),
        }),
    );
  }

  /** Resolves to the exit code once everything has stopped. */
  async run(): Promise<number> {
    mkdirSync(dirname(this.#file), { recursive: true });
    this.#control = await serveControl(this.#token, (request) => this.#handle(request));
    for (const node of this.#nodes) node.start();
    this.#publish();
    return this.#stopped.promise;
  }

  /** Stops all nodes in good order; asked twice, it kills them. */
  stop(exitCode: number): void {
    const again = this.#stopping;
    this.#stopping = true;
    if (again) for (const node of this.#nodes) void node.kill("SIGKILL");
    else void this.#stopAll(exitCode);
  }

  async #stopAll(exitCode: number): Promise<void> {
    this.#narrator.say("stopping");
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await this.#finish(exitCode);
  }

  async #finish(exitCode: number): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.closeLog()));
    removeClusterFile(this.#file);
    this.#control?.close();
    this.#narrator.say("all nodes are down; the log stays in data/");
    this.#stopped.resolve(exitCode);
  }

  #logged(node: ManagedNode, line: LogLine): void {
    this.#narrator.story(node.name, line);
    if (!isLeaderReady(line)) return;
    const http = this.#cluster.processes.flatMap(({ listenHttp }) => listenHttp ?? []);
    if (!this.#welcomed) this.#narrator.banner(node.name, this.#endpoints(), http);
    this.#welcomed = true;
    this.#publish();
    for (const wake of this.#leaderWaiters.splice(0)) wake();
  }

  #ended(node: ManagedNode): void {
    if (!this.#stopping) {
      const { reason = "" } = node.report();
      const again = `stays down until \`${PASTE} cluster restart ${node.name}\``;
      this.#narrator.tell(node.name, `is down, ${reason}; ${again}`);
      this.#publish();
    }
    // All have ended by themselves (a taken port, a full disk): there is nothing left to watch.
    if (!this.#stopping && this.#nodes.every(({ failed }) => failed)) {
      this.#stopping = true;
      void this.#finish(node.exitCode ?? EXIT.error);
    }
  }

  async #handle(request: ControlRequest): Promise<ControlAnswer> {
    const { verb, signal = "SIGKILL" } = request;
    if (verb === "ping" || verb === "status") return this.#answer([]);
    if (verb === "down") {
      const gone = this.#nodes.filter(({ isUp }) => isUp).map(({ name }) => name);
      if (!this.#stopping) this.stop(EXIT.ok);
      return this.#answer([`stopping ${gone.join(", ")}`]);
    }
    if (verb === "awaitLeader") {
      const leader = await this.#leader();
      return this.#answer([`${leader.name} leads term ${leader.report().term}`]);
    }
    const lines: string[] = [];
    // `restart` alone means: whatever is down.
    const chosen =
      verb === "restart" && request.nodes.length === 0
        ? this.#nodes.filter(({ isUp }) => !isUp)
        : await this.#select(request.nodes);
    if (chosen.length === 0) lines.push("no node is down");
    for (const node of chosen) {
      if (verb === "kill") lines.push(await this.#kill(node, signal));
      if (verb === "pause") lines.push(this.#pause(node));
      if (verb === "resume") lines.push(this.#resume(node));
      if (verb === "restart") lines.push(await this.#restart(node));
      this.#publish();
    }
    return this.#answer(lines);
  }

  async #kill(node: ManagedNode, signal: NodeJS.Signals): Promise<string> {
    if (!node.isUp) return `${node.name} is down already`;
    await node.kill(signal);
    const { name } = node;
    return `${name} got ${signal} and stays down until \`${PASTE} cluster restart ${name}\``;
  }

  #pause(node: ManagedNode): string {
    if (!node.isUp) return `${node.name} is down`;
    node.pause();
    this.#narrator.tell(node.name, `is paused until \`${PASTE} cluster resume ${node.name}\``);
    return `${node.name} is paused until \`${PASTE} cluster resume ${node.name}\``;
  }

  #resume(node: ManagedNode): string {
    if (!node.isUp) return `${node.name} is down: \`${PASTE} cluster restart ${node.name}\``;
    if (node.report().state !== "paused") return `${node.name} is not paused`;
    node.resume();
    this.#narrator.tell(node.name, "goes on");
    return `${node.name} goes on`;
  }

  async #restart(node: ManagedNode): Promise<string> {
    await node.stop();
    if (this.#stopping) throw refusal("the cluster is being stopped");
    node.start();
    this.#narrator.tell(node.name, "is started again");
    return `${node.name} is started again`;
  }

  async #select(selectors: readonly string[]): Promise<readonly ManagedNode[]> {
    const chosen = new Set<ManagedNode>();
    for (const selector of selectors) {
      if (selector === "all") for (const node of this.#nodes) chosen.add(node);
      else if (selector === "leader") chosen.add(await this.#leader());
      else {
        const node = this.#nodes.find(({ name }) => name === selector);
        const names = this.#nodes.map(({ name }) => name).join(", ");
        if (node === undefined)
          throw refusal(`there is no node "${selector}"`, `nodes: ${names}; or leader, or all`);
        chosen.add(node);
      }
    }
    return [...chosen];
  }

  /** The node that leads, waiting a while for an election under way. */
  async #leader(): Promise<ManagedNode> {
    const deadline = Date.now() + LEADER_PATIENCE_MS;
    for (;;) {
      const leading = this.#nodes.filter((node) => {
        const { role, state } = node.report();
        return role === "leader" && state === "running";
      });
      // An old leader that was cut off may not know yet: the newest term is right.
      leading.sort((a, b) => b.report().term - a.report().term);
      if (leading[0] !== undefined) return leading[0];
      const leftMs = deadline - Date.now();
      if (leftMs <= 0 || this.#stopping)
        throw new Failure(
          EXIT.noQuorum,
          "NO_QUORUM",
          "no node leads at the moment",
          `a majority must be up: \`${PASTE} cluster status\``,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#leaderWaiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #answer(lines: readonly string[]): ControlAnswer {
    return { lines, nodes: this.#reports() };
  }

  #reports(): readonly ProcessReport[] {
    return this.#nodes.map((node) => node.report());
  }

  #endpoints(): readonly string[] {
    return this.#cluster.processes.map(({ listenClient }) => listenClient);
  }

  #publish(): void {
    if (this.#stopping || this.#control === undefined) return;
    writeClusterFile(this.#file, {
      version: 1,
      supervisor: identify(process.pid),
      control: { port: this.#control.port, token: this.#token },
      startedAtMs: this.#startedAtMs,
      endpoints: this.#endpoints(),
      nodes: this.#reports(),
    });
  }
}

function refusal(message: string, hint?: string): Failure {
  return new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", message, hint);
}
