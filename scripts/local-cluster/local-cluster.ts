import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "./free-ports.ts";
import { BALSA, type Exit, NodeProcess } from "./node-process.ts";

export interface LocalClusterOptions {
  /** Made if need be, and removed with everything in it by `remove`. */
  readonly directory: string;
  /** Default: 3. */
  readonly size?: number;
  /** `log.segment.bytes` of the config files; absent: Balsa's default. */
  readonly segmentBytes?: string;
  /** Further keys of the config files, by their full names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Flags for Node itself, by node id, such as `--cpu-prof`. */
  readonly nodeFlags?: (nodeId: string) => readonly string[];
}

export interface LocalNode {
  readonly id: string;
  readonly dataDirectory: string;
  readonly configPath: string;
  readonly logPath: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
}

const run = promisify(execFile);

function addresses(nodes: readonly LocalNode[], kind: "clientAddress" | "peerAddress"): string {
  return nodes.map((node) => `${node.id}: ${node[kind]}`).join(", ");
}

function configOf(
  node: LocalNode,
  nodes: readonly LocalNode[],
  { segmentBytes, settings = {} }: LocalClusterOptions,
): string {
  return [
    "node:",
    `  id: ${node.id}`,
    `  data-dir: ${JSON.stringify(node.dataDirectory)}`,
    "cluster:",
    `  voters: { ${addresses(nodes, "peerAddress")} }`,
    `  clients: { ${addresses(nodes, "clientAddress")} }`,
    ...(segmentBytes === undefined ? [] : ["log:", `  segment.bytes: ${segmentBytes}`]),
    ...Object.entries(settings).map(([key, value]) => `${key}: ${value}`),
    "",
  ].join("\n");
}

/** Runs `balsa` from `dist/`; rejects when it exits with anything but 0. Answers its stdout. */
export async function runBalsa(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [BALSA, ...words], { maxBuffer: 256 << 20 });
  return stdout;
}

/** Real processes from `dist/` on free loopback ports, their data in one directory. */
export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly #options: LocalClusterOptions;
  readonly #processes = new Map<string, NodeProcess>();

  private constructor(options: LocalClusterOptions, nodes: readonly LocalNode[]) {
    this.#options = options;
    this.nodes = nodes;
  }

  /** Writes the config files; starts nothing. */
  static async create(options: LocalClusterOptions): Promise<LocalCluster> {
    const size = options.size ?? 3;
    const ports = await freePorts(2 * size);
    const nodes = Array.from({ length: size }, (_, at): LocalNode => {
      const id = `n${at + 1}`;
      return {
        id,
        dataDirectory: join(options.directory, id),
        configPath: join(options.directory, `${id}.yaml`),
        logPath: join(options.directory, `${id}.out`),
        clientAddress: `127.0.0.1:${ports[2 * at]}`,
        peerAddress: `127.0.0.1:${ports[2 * at + 1]}`,
      };
    });
    mkdirSync(options.directory, { recursive: true });
    for (const node of nodes) writeFileSync(node.configPath, configOf(node, nodes, options));
    return new LocalCluster(options, nodes);
  }

  /** Client addresses, joined as `--endpoints` wants them. */
  get endpoints(): string {
    return this.nodes.map(({ clientAddress }) => clientAddress).join(",");
  }

  node(id: string): LocalNode {
    const found = this.nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  start(id: string): void {
    const { configPath, logPath } = this.node(id);
    const flags = this.#options.nodeFlags?.(id) ?? [];
    this.#processes.set(id, new NodeProcess(configPath, logPath, flags));
  }

  startAll(): void {
    for (const { id } of this.nodes) this.start(id);
  }

  /** Of the nodes that were started. */
  get pids(): readonly number[] {
    return [...this.#processes.values()].flatMap(({ pid }) => pid ?? []);
  }

  /** Absent when it was not started. */
  pidOf(id: string): number | undefined {
    return this.#processes.get(id)?.pid;
  }

  /** Resolves when the node is gone. */
  async kill(id: string, signal: NodeJS.Signals): Promise<Exit | undefined> {
    return this.#processes.get(id)?.kill(signal);
  }

  /** Nodes that ended by themselves, with the end of what they said. */
  casualties(): readonly string[] {
    return this.nodes.flatMap(({ id, logPath }) => {
      const exit = this.#processes.get(id)?.exit;
      if (exit === undefined || exit.signal !== null || exit.code === 0) return [];
      const said = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-5).join("\n");
      return [`${id} ended with exit code ${exit.code}:\n${said}`];
    });
  }

  /** Asks all to stop, then insists. */
  async stop(): Promise<void> {
    const insist = setTimeout(() => void this.#signalAll("SIGKILL"), 10_000);
    await this.#signalAll("SIGTERM");
    clearTimeout(insist);
  }

  /** Kills what still runs and removes the directory. */
  async remove(): Promise<void> {
    await this.#signalAll("SIGKILL");
    rmSync(this.#options.directory, { recursive: true, force: true });
  }

  /** Runs a `balsa` command that talks to this cluster and answers what it printed. */
  balsa(...words: readonly string[]): Promise<string> {
    return runBalsa(...words, "--endpoints", this.endpoints);
  }

  /** `balsa append < path`; rejects, with what it said, unless every line was acknowledged. */
  async feed(path: string): Promise<void> {
    const input = openSync(path, "r");
    // Patience enough for nodes that are killed, and started on a machine that is busy.
    const patience = ["--timeout", "2m"];
    const words = [BALSA, "append", "--quiet", ...patience, "--endpoints", this.endpoints];
    const append = spawn(process.execPath, words, { stdio: [input, "ignore", "pipe"] });
    closeSync(input);
    let said = "";
    append.stderr?.on("data", (bytes: Buffer) => (said += bytes.toString()));
    const [code] = (await once(append, "close")) as [number | null];
    if (code !== 0) throw new Error(`balsa append ended with ${code}: ${said}`);
  }

  /** Resolves when the cluster has a leader that takes appends. */
  async waitForLeader(): Promise<void> {
    await this.balsa("wait", "--for", "leader", "--timeout", "60s").catch((cause: unknown) => {
      const told = this.casualties().join("\n");
      throw new Error(`no leader within a minute\n${told}`, { cause });
    });
  }

  async #signalAll(signal: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill(signal)));
  }
}
