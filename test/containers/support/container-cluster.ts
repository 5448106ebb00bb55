import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import type { NodeId } from "../../../src/common/brand.ts";
import type { TraceEvent } from "../../../src/common/trace.ts";
import type { ChaosCluster, ChaosNode, UnaskedEnd } from "../../../src/cli/chaos/chaos-cluster.ts";
import { driverMs } from "../../../src/cli/chaos/driver-clock.ts";
import { freePorts } from "../../../src/cli/chaos/free-ports.ts";
import { NodeTrace } from "../../../src/cli/chaos/node-trace.ts";
import { askStatus } from "../../../src/cli/status-call.ts";
import { parseLogLine } from "../../../src/cli/story.ts";
import { logLines } from "./container-logs.ts";
import { IMAGE } from "./engine.ts";

const SIZE = 3;
const CLIENT_PORT = 7101;
const PEER_PORT = 7201;
const STATUS_TIMEOUT_MS = 1000;

export interface ContainerClusterOptions {
  /** Keeps the log in a tmpfs of this size instead of the container's own layer. */
  readonly tmpfs?: string | undefined;
}

type Engine = Awaited<ReturnType<typeof getContainerRuntimeClient>>["container"];
type Container = ReturnType<Engine["getById"]>;

/** Three containers of the project's image on a private network; clients come from outside. */
export class ContainerCluster implements ChaosCluster, AsyncDisposable {
  readonly nodes: readonly ChaosNode[];
  readonly links: undefined;
  readonly disks: undefined;
  readonly #network: StartedNetwork;
  readonly #started: readonly StartedTestContainer[];
  readonly #containers: ReadonlyMap<NodeId, Container>;
  readonly #unasked: UnaskedEnd[] = [];
  readonly #down = new Set<NodeId>();

  private constructor(
    nodes: readonly ChaosNode[],
    network: StartedNetwork,
    started: readonly StartedTestContainer[],
    engine: Engine,
  ) {
    this.nodes = nodes;
    this.#network = network;
    this.#started = started;
    this.#containers = new Map(
      nodes.map(({ nodeId }, at) => [nodeId, engine.getById(started[at]?.getId() ?? "")]),
    );
  }

  static async start(options: ContainerClusterOptions = {}): Promise<ContainerCluster> {
    const ports = await freePorts(SIZE);
    const nodes = ports.map((port, at) => ({ nodeId: `n${at + 1}`, client: `127.0.0.1:${port}` }));
    const network = await new Network().start();
    const containers = nodes.map(({ nodeId }, at) =>
      containerOf(nodeId, nodes, network, { ...options, port: ports[at] ?? 0 }).start(),
    );
    const started = await Promise.all(containers);
    const { container: engine } = await getContainerRuntimeClient();
    return new ContainerCluster(nodes, network, started, engine);
  }

  async leader(): Promise<NodeId | undefined> {
    const addresses = this.nodes.map(({ client }) => client);
    const statuses = await askStatus(addresses, STATUS_TIMEOUT_MS).catch(() => []);
    const leading = statuses.filter(({ role }) => role === "leader");
    return leading.toSorted((a, b) => b.term - a.term)[0]?.nodeId;
  }

  /** One that does not lead. */
  async follower(): Promise<NodeId> {
    const leader = await this.leader();
    const found = this.nodes.find(({ nodeId }) => nodeId !== leader);
    if (found === undefined) throw new Error("there is no follower");
    return found.nodeId;
  }

  async isRunning(nodeId: NodeId): Promise<boolean> {
    const { State } = await this.#of(nodeId).inspect();
    return State.Running;
  }

  async kill(nodeId: NodeId): Promise<void> {
    this.#down.add(nodeId);
    await this.#of(nodeId).kill({ signal: "SIGKILL" });
    await this.#of(nodeId).wait();
  }

  async start(nodeId: NodeId): Promise<void> {
    if (await this.isRunning(nodeId)) return;
    if (!this.#down.delete(nodeId))
      this.#unasked.push({ nodeId, atMs: driverMs(), how: await this.#lastWords(nodeId) });
    await this.#of(nodeId).start();
  }

  async restart(nodeId: NodeId): Promise<void> {
    await this.#of(nodeId).restart({ t: 10 });
  }

  async pause(nodeId: NodeId): Promise<void> {
    await this.#of(nodeId).pause();
  }

  async resume(nodeId: NodeId): Promise<void> {
    await this.#of(nodeId).unpause();
  }

  /** Pulls the plug: neither peers nor clients reach it. */
  async disconnect(nodeId: NodeId): Promise<void> {
    const { network } = await getContainerRuntimeClient();
    await network.getById(this.#network.getId()).disconnect({
      Container: this.#of(nodeId).id,
      Force: true,
    });
  }

  async reconnect(nodeId: NodeId): Promise<void> {
    const { network } = await getContainerRuntimeClient();
    await network.getById(this.#network.getId()).connect({
      Container: this.#of(nodeId).id,
      EndpointConfig: { Aliases: [nodeId] },
    });
  }

  /** Runs JavaScript in the container, beside the node. */
  async execute(nodeId: NodeId, script: string): Promise<string> {
    const at = this.nodes.findIndex((node) => node.nodeId === nodeId);
    const result = await this.#started[at]?.exec(["node", "--eval", script]);
    if (result?.exitCode !== 0) throw new Error(`${nodeId}: ${result?.output}`);
    return result.output;
  }

  async trace(): Promise<readonly TraceEvent[]> {
    const trace = new NodeTrace();
    for (const { nodeId } of this.nodes)
      for (const line of await this.#lines(nodeId)) trace.add(nodeId, parseLogLine(line));
    return trace.events;
  }

  unaskedEnds(): readonly UnaskedEnd[] {
    return this.#unasked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((container) => container.stop({ timeout: 0 })));
    await this.#network.stop();
  }

  async #lines(nodeId: NodeId): Promise<readonly string[]> {
    const options = { follow: false, stdout: true, stderr: true } as const;
    return logLines(await this.#of(nodeId).logs(options));
  }

  async #lastWords(nodeId: NodeId): Promise<string> {
    const lines = await this.#lines(nodeId);
    return lines.filter((line) => line !== "").at(-1) ?? "it said nothing";
  }

  #of(nodeId: NodeId): Container {
    const found = this.#containers.get(nodeId);
    if (found === undefined) throw new Error(`no node ${nodeId}`);
    return found;
  }
}

function containerOf(
  nodeId: NodeId,
  nodes: readonly ChaosNode[],
  network: StartedNetwork,
  { port, tmpfs }: ContainerClusterOptions & { readonly port: number },
): GenericContainer {
  const voters = nodes.map((node) => `${node.nodeId}=${node.nodeId}:${PEER_PORT}`).join(",");
  const clients = nodes.map((node) => `${node.nodeId}=${node.client}`).join(",");
  const container = new GenericContainer(IMAGE)
    .withNetwork(network)
    .withNetworkAliases(nodeId)
    .withExposedPorts({ container: CLIENT_PORT, host: port })
    .withCommand([
      "start",
      ...["--node-id", nodeId, "--data-dir", `/data/${nodeId}`],
      ...["--voters", voters, "--clients", clients, "--insecure"],
      ...["--listen-client", `0.0.0.0:${CLIENT_PORT}`, "--listen-peer", `0.0.0.0:${PEER_PORT}`],
      ...["--segment-bytes", "256KiB", "--log-format", "json"],
    ])
    .withWaitStrategy(Wait.forLogMessage(/serves clients at/));
  return tmpfs === undefined ? container : container.withTmpFs({ "/data": `rw,size=${tmpfs}` });
}
