import type { WireNodeStatus, WirePeerProgress, WireSegment } from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import type { CallOptions } from "./call-options.ts";
import { callAnyMember, type ClientContext } from "./calls.ts";

export type MemberRole =
  | "leader"
  | "follower"
  | "preCandidate"
  | "candidate"
  | "nonVoter"
  | "waiting"
  | "down";

/** A segment file of one member. */
export type SegmentInfo = WireSegment;

/** What the leader knows of a follower. */
export type PeerProgress = WirePeerProgress;

/** What a member tells of itself. Numbers are 0 where `role` is `down`; `error` says why. */
export interface MemberStatus extends Omit<WireNodeStatus, "nodeId" | "role"> {
  readonly id: string;
  readonly role: MemberRole;
  readonly segments: readonly SegmentInfo[];
  readonly peers: readonly PeerProgress[];
}

export interface ClusterStatus {
  readonly clusterId: string | null;
  /** Id of the leader, as the member of the highest term sees it. */
  readonly leader: string | null;
  readonly term: number;
  readonly members: readonly MemberStatus[];
}

export interface Admin {
  /** Every member as one of them can reach it; what does not answer is `down`. */
  status(options?: CallOptions): Promise<ClusterStatus>;
}

export function createAdmin(context: ClientContext): Admin {
  return {
    async status(options) {
      const request = { cluster: true };
      const { nodes } = await callAnyMember(context, logService().Status, request, options);
      return clusterStatus(nodes);
    },
  };
}

function clusterStatus(nodes: readonly WireNodeStatus[]): ClusterStatus {
  const term = Math.max(0, ...nodes.map((node) => node.term));
  const newest = nodes.filter((node) => node.term === term && node.role !== "down");
  return {
    clusterId: nodes.find(({ clusterId }) => clusterId !== "")?.clusterId ?? null,
    leader: newest.find(({ leaderId }) => leaderId !== "")?.leaderId ?? null,
    term,
    members: nodes.map(memberStatus),
  };
}

function memberStatus({ nodeId, role, ...rest }: WireNodeStatus): MemberStatus {
  return { ...rest, id: nodeId, role: role as MemberRole };
}
