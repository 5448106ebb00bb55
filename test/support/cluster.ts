import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalCluster, runBalsa } from "../../scripts/local-cluster/local-cluster.ts";
import { connect, type MemberStatus } from "../../src/index.ts";
import type { Copy } from "./cluster-history.ts";

/** A condition that does not come true is told after this long; nothing waits for its own sake. */
const PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** Resolves with the first answer that is not undefined. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

/** Three real processes from `dist/`, in a temporary directory, on free ports. */
export class TestCluster {
  readonly #cluster: LocalCluster;

  private constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
  }

  /** Resolves when a leader takes appends. */
  static async start(
    segmentBytes: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<TestCluster> {
    const directory = mkdtempSync(join(tmpdir(), "balsa-cluster-"));
    const cluster = await LocalCluster.create({ directory, segmentBytes, settings });
    const started = new TestCluster(cluster);
    try {
      cluster.startAll();
      await cluster.waitForLeader();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  get endpoints(): readonly string[] {
    return this.#cluster.nodes.map(({ clientAddress }) => clientAddress);
  }

  get nodeIds(): readonly string[] {
    return this.#cluster.nodes.map(({ id }) => id);
  }

  get dataDirectories(): ReadonlyMap<string, string> {
    return new Map(this.#cluster.nodes.map(({ id, dataDirectory }) => [id, dataDirectory]));
  }

  /** Where `nodeId` serves clients. */
  addressOf(nodeId: string): string {
    return this.#cluster.node(nodeId).clientAddress;
  }

  start(nodeId: string): void {
    this.#cluster.start(nodeId);
  }

  /** As a power cut does it: no warning, nothing flushed. Resolves when the process is gone. */
  async killHard(nodeId: string): Promise<void> {
    await this.#cluster.kill(nodeId, "SIGKILL");
  }

  /** What a killed node had on its disk is gone. */
  wipe(nodeId: string): void {
    rmSync(this.#cluster.node(nodeId).dataDirectory, { recursive: true });
  }

  /** Runs a `balsa` command against this cluster; answers its stdout. */
  balsa(...words: readonly string[]): Promise<string> {
    return this.#cluster.balsa(...words);
  }

  /** Appends the lines of a file, as `balsa append < file` does. @throws unless all are written */
  async feed(path: string): Promise<void> {
    await this.#cluster.feed(path);
  }

  /** What the nodes say of themselves; empty while nobody answers. */
  async members(): Promise<readonly MemberStatus[]> {
    try {
      await using client = await connect({ endpoints: [...this.endpoints], retry: false });
      return (await client.admin.status({ timeoutMs: 5000 })).members;
    } catch {
      return [];
    }
  }

  /** What `nodeId` told on its standard output, since it was first started. */
  told(nodeId: string): string {
    return readFileSync(this.#cluster.node(nodeId).logPath, "utf8");
  }

  /** Stops all in good order. @throws when a node had ended by itself */
  async stop(): Promise<void> {
    const casualties = this.#cluster.casualties();
    if (casualties.length > 0) throw new Error(casualties.join("\n"));
    await this.#cluster.stop();
  }

  /** The leader of the newest term. */
  leader(): Promise<string> {
    return eventually("a leader", async () => {
      const leaders = (await this.members()).filter(({ role }) => role === "leader");
      return leaders.toSorted((a, b) => b.term - a.term)[0]?.id;
    });
  }

  /** Resolves when all know the same start and end, and every segment but the active is sealed. */
  async settled(): Promise<void> {
    await eventually("all nodes at the same start and end, their segments sealed", async () => {
      const nodes = await this.members();
      const ends = new Set(nodes.map((node) => `${node.logStartOffset}-${node.highWatermark}`));
      const open = nodes
        .flatMap(({ segments }) => segments)
        .filter((one) => one.state === "closed");
      const up = nodes.length === this.nodeIds.length && nodes.every(({ role }) => role !== "down");
      return up && ends.size === 1 && open.length === 0 ? true : undefined;
    });
  }

  /** All records as `nodeId` itself has them. */
  async copyOf(nodeId: string): Promise<Copy> {
    const where = ["-o", "start", "-e", "-f", "%o %v\\n", "--from-node", nodeId];
    const printed = await this.#cluster.balsa("tail", ...where);
    const lines = printed.split("\n").slice(0, -1);
    const records = lines.map((line) => {
      const space = line.indexOf(" ");
      return { offset: Number(line.slice(0, space)), value: line.slice(space + 1) };
    });
    return { nodeId, records };
  }

  /** `balsa verify` on every data directory. @throws when it does not exit with 0 */
  async verify(): Promise<void> {
    await runBalsa("verify", ...this.dataDirectories.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.remove();
  }
}
