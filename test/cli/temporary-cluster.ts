import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../scripts/local-cluster/free-ports.ts";
import type { ClusterFile } from "../../src/cli/supervisor/cluster-file.ts";
import { isAlive, signalGroup } from "../../src/cli/supervisor/process-identity.ts";
import { BALSA, balsa, type Finished, RunningBalsa, type RunOptions } from "./run-balsa.ts";

/** A directory with a Procfile and three config files on free ports, and what runs there. */
export class TemporaryCluster implements AsyncDisposable {
  readonly directory: string;
  readonly ports: readonly number[];
  readonly #running: RunningBalsa[] = [];
  /** Every file `up` has written: what it names must be gone in the end. */
  readonly #seen: ClusterFile[] = [];

  private constructor(directory: string, ports: readonly number[]) {
    this.directory = directory;
    this.ports = ports;
  }

  static async create(): Promise<TemporaryCluster> {
    const directory = mkdtempSync(join(tmpdir(), "balsa-cli-"));
    const ports = await freePorts(6);
    const list = (from: number) =>
      `{ ${[0, 1, 2].map((at) => `n${at + 1}: 127.0.0.1:${ports[from + at]}`).join(", ")} }`;
    mkdirSync(join(directory, "cluster"));
    const procfile = ["n1", "n2", "n3"].map((id) => {
      const path = `cluster/${id}.yaml`;
      writeFileSync(
        join(directory, path),
        `node: { id: ${id}, data-dir: data/${id} }\n` +
          `cluster:\n  voters: ${list(0)}\n  clients: ${list(3)}\nlog: { segment.bytes: 64KiB }\n`,
      );
      return `${id}: exec node ${BALSA} start --config ${path}\n`;
    });
    writeFileSync(join(directory, "Procfile"), procfile.join(""));
    return new TemporaryCluster(directory, ports);
  }

  path(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  /** Runs a command in the cluster's directory. */
  balsa(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return balsa(words, { cwd: this.directory, ...options });
  }

  /** Starts a command in the cluster's directory; it is killed at the end of the test. */
  start(...words: readonly string[]): RunningBalsa {
    const running = new RunningBalsa(words, { cwd: this.directory });
    this.#running.push(running);
    return running;
  }

  /** `cluster up` in the foreground, once it has a leader. */
  async up(): Promise<RunningBalsa> {
    const supervisor = this.start("cluster", "up");
    await supervisor.says("try, in another terminal");
    this.file();
    return supervisor;
  }

  get hasFile(): boolean {
    return existsSync(this.path("data", "cluster.json"));
  }

  file(): ClusterFile {
    const text = readFileSync(this.path("data", "cluster.json"), "utf8");
    const file = JSON.parse(text) as ClusterFile;
    this.#seen.push(file);
    return file;
  }

  /** Process ids of nodes that were started and still run, paused or not. */
  survivors(): readonly number[] {
    const nodes = this.#seen.flatMap((file) => file.nodes);
    const processes = nodes.flatMap(({ process }) => process ?? []);
    return [...new Set(processes.filter(isAlive).map(({ pid }) => pid))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasFile) this.file();
    for (const { supervisor } of this.#seen)
      if (isAlive(supervisor)) process.kill(supervisor.pid, "SIGKILL");
    for (const { child } of this.#running) child.kill("SIGKILL");
    await Promise.all(this.#running.map(({ finished }) => finished));
    for (const pid of this.survivors()) signalGroup(pid, "SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}
