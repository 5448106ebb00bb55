import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { ChaosCluster, ChaosNode, UnaskedEnd } from "./chaos-cluster.ts";
import { DiskSwitches } from "./disk-switch.ts";
import { driverMs } from "./driver-clock.ts";
import { freePorts } from "./free-ports.ts";
import { NodeTrace } from "./node-trace.ts";
import { OwnNode } from "./own-node.ts";
import { PeerNetwork } from "./peer-network.ts";

const SIZE = 3;

interface OwnAddresses extends ChaosNode {
  readonly peer: string;
}

/** Three nodes of the driver's own in one directory, their links and disks in its hands. */
export class OwnCluster implements ChaosCluster {
  readonly nodes: readonly ChaosNode[];
  readonly links: PeerNetwork;
  readonly disks: DiskSwitches;
  readonly directory: string;
  readonly #processes = new Map<NodeId, OwnNode>();
  readonly #trace = new NodeTrace();
  readonly #unasked: UnaskedEnd[] = [];

  private constructor(directory: string, nodes: readonly OwnAddresses[], links: PeerNetwork) {
    this.directory = directory;
    this.nodes = nodes;
    this.links = links;
    this.disks = new DiskSwitches(directory);
    for (const { nodeId } of nodes) this.#processes.set(nodeId, this.#node(nodeId));
  }

  /** `directory` is made if need be; `segmentBytes` as in the configuration. */
  static async start(directory: string, segmentBytes: string): Promise<OwnCluster> {
    mkdirSync(directory, { recursive: true });
    const ports = await freePorts(2 * SIZE);
    const nodes = Array.from({ length: SIZE }, (_, at) => ({
      nodeId: `n${at + 1}`,
      client: `127.0.0.1:${ports[2 * at]}`,
      peer: `127.0.0.1:${ports[2 * at + 1]}`,
    }));
    const links = await PeerNetwork.open(nodes);
    for (const { nodeId } of nodes)
      writeFileSync(
        join(directory, `${nodeId}.yaml`),
        configOf(nodeId, nodes, { links, directory, segmentBytes }),
      );
    const cluster = new OwnCluster(directory, nodes, links);
    for (const { nodeId } of nodes) await cluster.start(nodeId);
    return cluster;
  }

  get dataDirectories(): readonly (readonly [NodeId, string])[] {
    return this.nodes.map(({ nodeId }) => [nodeId, join(this.directory, nodeId)]);
  }

  async leader(): Promise<NodeId | undefined> {
    return this.#trace.leader;
  }

  async isRunning(nodeId: NodeId): Promise<boolean> {
    return this.#process(nodeId).isRunning;
  }

  async kill(nodeId: NodeId): Promise<void> {
    await this.#process(nodeId).end("SIGKILL");
  }

  async start(nodeId: NodeId): Promise<void> {
    this.#process(nodeId).start();
  }

  async restart(nodeId: NodeId): Promise<void> {
    await this.#process(nodeId).end("SIGTERM");
    await this.start(nodeId);
  }

  async pause(nodeId: NodeId): Promise<void> {
    this.#process(nodeId).pause();
  }

  async resume(nodeId: NodeId): Promise<void> {
    this.#process(nodeId).resume();
  }

  async trace(): Promise<readonly TraceEvent[]> {
    return this.#trace.events;
  }

  unaskedEnds(): readonly UnaskedEnd[] {
    return this.#unasked;
  }

  /** Stops all in good order; the data stays. */
  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((node) => node.end("SIGTERM")));
  }

  /** Ends everything that runs, at once: also where nothing can be waited for any more. */
  killNow(): void {
    for (const node of this.#processes.values()) node.killNow();
    this.links.close();
  }

  #node(nodeId: NodeId): OwnNode {
    return new OwnNode({
      nodeId,
      configPath: join(this.directory, `${nodeId}.yaml`),
      logPath: join(this.directory, `${nodeId}.ndjson`),
      diskSwitch: this.disks.pathOf(nodeId),
      logged: (line) => this.#trace.add(nodeId, line),
      ended: (how) => {
        this.#trace.ended(nodeId);
        if (how !== undefined) this.#unasked.push({ nodeId, atMs: driverMs(), how });
      },
    });
  }

  #process(nodeId: NodeId): OwnNode {
    const found = this.#processes.get(nodeId);
    if (found === undefined) throw new Error(`no node ${nodeId}`);
    return found;
  }
}

/** Each node reaches its peers through the driver's proxies, and listens where these go. */
function configOf(
  self: NodeId,
  nodes: readonly OwnAddresses[],
  {
    links,
    directory,
    segmentBytes,
  }: {
    readonly links: PeerNetwork;
    readonly directory: string;
    readonly segmentBytes: string;
  },
): string {
  const voters = nodes.map(({ nodeId, peer }) =>
    nodeId === self ? `${nodeId}: ${peer}` : `${nodeId}: ${links.addressOf(self, nodeId)}`,
  );
  const clients = nodes.map(({ nodeId, client }) => `${nodeId}: ${client}`);
  return [
    "node:",
    `  id: ${self}`,
    `  data-dir: ${JSON.stringify(join(directory, self))}`,
    "cluster:",
    `  voters: { ${voters.join(", ")} }`,
    `  clients: { ${clients.join(", ")} }`,
    "log:",
    `  segment.bytes: ${segmentBytes}`,
    "",
  ].join("\n");
}
