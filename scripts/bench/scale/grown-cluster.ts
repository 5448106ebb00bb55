import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LocalCluster, type LocalNode } from "../../local-cluster/local-cluster.ts";
import { DirectCalls } from "./direct-calls.ts";
import type { GrowTask } from "./grow-log.ts";
import { dropPageCache } from "./page-cache.ts";

const run = promisify(execFile);

/** Runs a script of this folder to its end, in a process of its own; answers what it printed. */
export async function runScript(name: string, task: object): Promise<string> {
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const { stdout } = await run(process.execPath, [script, JSON.stringify(task)]);
  return stdout;
}

/** Three nodes whose logs are as long as one likes, without having been replicated. */
export class GrownCluster {
  readonly cluster: LocalCluster;

  private constructor(cluster: LocalCluster) {
    this.cluster = cluster;
  }

  /** Runs, with an empty log. */
  static async start(
    directory: string,
    nodeFlags: (nodeId: string) => readonly string[],
  ): Promise<GrownCluster> {
    const grown = new GrownCluster(await LocalCluster.create({ directory, nodeFlags }));
    await grown.#up();
    return grown;
  }

  /** Stops all nodes, makes their logs `gigabytes` (10^9 bytes) long, and starts them again. */
  async grow(gigabytes: number): Promise<void> {
    await this.cluster.stop();
    const nodes = this.cluster.nodes.map(({ id, dataDirectory }) => ({
      nodeId: id,
      dataDirectory,
    }));
    const task: GrowTask = { nodes, bytes: gigabytes * 1e9, shape: "batches" };
    await runScript("grow-log", task);
    await this.#up();
  }

  /** New processes, which have nothing in memory. */
  async restart(): Promise<void> {
    await this.cluster.stop();
    await this.#up();
  }

  async leader(): Promise<LocalNode> {
    for (;;) {
      for (const node of this.cluster.nodes) {
        const calls = new DirectCalls(node.clientAddress);
        const status = await calls.status().catch(() => undefined);
        calls.close();
        if (status !== undefined && status.leaderId !== "")
          return this.cluster.node(status.leaderId);
      }
    }
  }

  async follower(): Promise<LocalNode> {
    const { id } = await this.leader();
    const follower = this.cluster.nodes.find((node) => node.id !== id);
    if (follower === undefined) throw new Error("a cluster of one has no follower");
    return follower;
  }

  pidOf({ id }: LocalNode): number {
    const pid = this.cluster.pidOf(id);
    if (pid === undefined) throw new Error(`${id} does not run`);
    return pid;
  }

  /** What the log of `node` has in the page cache goes. */
  forget(node: LocalNode): void {
    dropPageCache(join(node.dataDirectory, "log"));
  }

  /** Everything that a stopped node had. */
  wipe(node: LocalNode): void {
    rmSync(node.dataDirectory, { recursive: true });
    mkdirSync(node.dataDirectory);
  }

  /** Stopped, not killed: profiles are written at the end of a process. */
  async remove(): Promise<void> {
    await this.cluster.stop();
    await this.cluster.remove();
  }

  async #up(): Promise<void> {
    this.cluster.startAll();
    await this.cluster.waitForLeader();
    await this.cluster.balsa("wait", "--for", "healthy", "--timeout", "120s");
  }
}
