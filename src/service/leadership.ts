import type { Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { NodeApi } from "../runtime/node-api.ts";

/** Why this node does not lead `term` (any more); undefined while it does. */
export function leadershipLost(node: NodeApi, term: Term): LogError | undefined {
  const { raft, clientAddresses } = node.status();
  if (raft?.role === "leader" && raft.currentTerm === term) return undefined;
  const leaderId = raft?.leaderId === node.nodeId ? undefined : raft?.leaderId;
  const known = leaderId === undefined ? "no leader is known yet" : `the leader is ${leaderId}`;
  return new LogError("NOT_LEADER", `${node.nodeId} leads no more; ${known}`, {
    term: raft?.currentTerm,
    leader: leaderId === undefined ? undefined : clientAddresses.get(leaderId),
  });
}
