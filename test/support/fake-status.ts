import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import type { NodeStatus } from "../../src/runtime/node-api.ts";
import type { FakeNode } from "./fake-node.ts";

/** What a fake node tells of itself. */
export function fakeStatus(node: FakeNode): NodeStatus {
  const last = LogIndex(node.frames.length);
  const commit = LogIndex(node.committed);
  const leads = node.leaderId === node.nodeId;
  return {
    clusterId: "c0ffee",
    raft: {
      nodeId: node.nodeId,
      role: leads ? "leader" : "follower",
      currentTerm: Term(node.term),
      votedFor: node.leaderId,
      leaderId: node.leaderId,
      prev: { index: LogIndex(0), term: Term(0) },
      firstIndex: LogIndex(1),
      lastIndex: last,
      lastTerm: Term(node.term),
      durableIndex: last,
      commitIndex: commit,
      appliedIndex: commit,
      installing: undefined,
      uncommittedBytes: 0,
      ready: leads,
      firstFaulty: undefined,
      repairing: false,
      peers: [],
    },
    waiting: undefined,
    voter: true,
    logStartOffset: Offset(node.logStartOffset),
    highWatermark: node.highWatermark,
    nextOffset: node.nextOffset,
    segments: [],
    uptimeMs: 1234.5,
    clientAddresses: node.addresses,
  };
}
