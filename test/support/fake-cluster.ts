import type { NodeId } from "../../src/common/brand.ts";
import { type Service, startService } from "../../src/service/server.ts";
import { FakeNode } from "./fake-node.ts";

/** Fake nodes behind real gRPC services on loopback. */
export interface FakeCluster extends AsyncDisposable {
  readonly nodes: readonly FakeNode[];
  readonly addresses: readonly string[];
  readonly services: readonly Service[];
  node(nodeId: NodeId): FakeNode;
  addressOf(nodeId: NodeId): string;
}

/** Starts `count` nodes; the first leads term 1. */
export async function startFakeCluster(count: number): Promise<FakeCluster> {
  const nodes = Array.from({ length: count }, (_, i) => new FakeNode(`n${i + 1}`));
  const members = new Map<NodeId, string>();
  const services: Service[] = [];
  for (const node of nodes) {
    const service = await startService({ node, listen: "127.0.0.1:0", members, version: "test" });
    services.push(service);
    members.set(node.nodeId, service.address);
  }
  for (const node of nodes)
    for (const [nodeId, address] of members) node.addresses.set(nodeId, address);
  nodes[0]?.lead(1);
  for (const node of nodes.slice(1)) {
    node.copyLog(nodes[0] as FakeNode);
    node.follow("n1", 1);
  }
  const find = (nodeId: NodeId) => nodes.find((node) => node.nodeId === nodeId) as FakeNode;
  return {
    nodes,
    services,
    addresses: [...members.values()],
    node: find,
    addressOf: (nodeId) => members.get(nodeId) as string,
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service.close()));
    },
  };
}
