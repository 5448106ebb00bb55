import type { WireNodeStatus, WirePeerProgress, WireSegment } from "../wire/log-messages.ts";

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

export function clusterStatus(nodes: readonly WireNodeStatus[]): ClusterStatus {
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
