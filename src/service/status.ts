import type { NodeApi, NodeStatus } from "../runtime/node-api.ts";
import type { StatusRequest, StatusResponse, WireNodeStatus } from "../wire/log-messages.ts";
import type { ServiceContext } from "./service-context.ts";

/** `Status`: this node, or the whole cluster as this node can reach it, in the order of names. */
export async function status(
  context: ServiceContext,
  request: StatusRequest,
): Promise<StatusResponse> {
  const own = ownStatus(context);
  if (!request.cluster) return { nodes: [own] };
  const others = await context.members.others(context.node.nodeId);
  const nodes = [own, ...others].toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  return { nodes };
}

function roleOf({ raft, voter }: NodeStatus): string {
  if (raft === undefined) return "waiting";
  return voter ? raft.role : "nonVoter";
}

function ownStatus({ node, version }: ServiceContext): WireNodeStatus {
  const status = node.status();
  const { index: snapshotIndex, transfers } = node.lifecycle.snapshots();
  return {
    ...raftPart(status),
    nodeId: node.nodeId,
    clusterId: status.clusterId ?? "",
    role: roleOf(status),
    logStartOffset: status.logStartOffset,
    highWatermark: status.highWatermark,
    nextOffset: status.nextOffset,
    segments: status.segments,
    uptimeMs: Math.floor(status.uptimeMs),
    waiting: status.waiting ?? "",
    clientAddress: addressOf(node, status),
    version,
    error: "",
    snapshotIndex,
    transfers: transfers.map(({ peer, ...progress }) => ({ nodeId: peer, ...progress })),
  };
}

function addressOf(node: NodeApi, status: NodeStatus): string {
  return status.clientAddresses.get(node.nodeId) ?? "";
}

type RaftPart = Pick<
  WireNodeStatus,
  "term" | "leaderId" | "lastIndex" | "durableIndex" | "commitIndex" | "appliedIndex" | "peers"
>;

function raftPart({ raft }: NodeStatus): RaftPart {
  return {
    term: raft?.currentTerm ?? 0,
    leaderId: raft?.leaderId ?? "",
    lastIndex: raft?.lastIndex ?? 0,
    durableIndex: raft?.durableIndex ?? 0,
    commitIndex: raft?.commitIndex ?? 0,
    appliedIndex: raft?.appliedIndex ?? 0,
    peers: (raft?.peers ?? []).map(({ peer, lastContactMs: _, ...progress }) => ({
      nodeId: peer,
      ...progress,
    })),
  };
}
