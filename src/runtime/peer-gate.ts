import type { NodeId } from "../common/brand.ts";
import type { IdentityStore } from "../storage/types.ts";
import type { Meeting, PeerIdentity } from "../transport/types.ts";

/** Who this node is to others, and whom it lets in. */
export class PeerGate {
  readonly #identity: IdentityStore;
  readonly #incarnation: () => number;
  readonly #voters: readonly NodeId[];
  readonly #admitted = new Map<NodeId, boolean>();
  /** Highest incarnation heard from each disk. */
  readonly #incarnations = new Map<string, number>();
  /** Last reason each peer was refused for, so that it is told once and not at every retry. */
  readonly #refused = new Map<NodeId, string>();

  constructor(identity: IdentityStore, voters: readonly NodeId[], incarnation: () => number) {
    this.#identity = identity;
    this.#voters = voters;
    this.#incarnation = incarnation;
  }

  ours(): PeerIdentity {
    const { nodeId, diskId, cluster } = this.#identity.current;
    return { nodeId, diskId, clusterId: cluster?.clusterId, incarnation: this.#incarnation() };
  }

  meeting(): Meeting {
    const { cluster } = this.#identity.current;
    return {
      identity: this.ours(),
      voters: cluster?.voters ?? [],
      formed: cluster?.formed ?? false,
    };
  }

  /** Why a peer is refused; undefined lets it speak. */
  refusal(peer: PeerIdentity): string | undefined {
    const { nodeId, cluster } = this.#identity.current;
    if (peer.nodeId === nodeId) return `two nodes call themselves ${nodeId}`;
    if (!this.#voters.includes(peer.nodeId)) return `${peer.nodeId} is not a member`;
    if (cluster === undefined) return `${nodeId} has not joined a cluster yet`;
    if (peer.clusterId === undefined) return `${peer.nodeId} has not joined a cluster yet`;
    if (peer.clusterId !== cluster.clusterId)
      return (
        `${peer.nodeId} belongs to another cluster ` +
        `(${peer.clusterId}, not ${cluster.clusterId})`
      );
    return this.#rolledBack(peer);
  }

  /** Whether this refusal of the peer is news. */
  isNews(peer: PeerIdentity, refusal: string): boolean {
    if (this.#refused.get(peer.nodeId) === refusal) return false;
    this.#refused.set(peer.nodeId, refusal);
    return true;
  }

  /** Whether the peer runs on the disk its cluster knows; undefined when that did not change. */
  admission(peer: PeerIdentity): boolean | undefined {
    const voters = this.#identity.current.cluster?.voters ?? [];
    const admitted = voters.some((v) => v.nodeId === peer.nodeId && v.diskId === peer.diskId);
    if (this.#admitted.get(peer.nodeId) === admitted) return undefined;
    this.#admitted.set(peer.nodeId, admitted);
    return admitted;
  }

  /** Every boot has a higher incarnation than the one before: a lower one is not the latest. */
  #rolledBack({ nodeId, diskId, incarnation }: PeerIdentity): string | undefined {
    const highest = this.#incarnations.get(diskId) ?? 0;
    if (incarnation < highest)
      return (
        `${nodeId} speaks as incarnation ${incarnation} after ${highest}: ` +
        "its disk was rolled back, or this is an old connection"
      );
    this.#incarnations.set(diskId, incarnation);
    return undefined;
  }

  /** What `admission` found so far, for a core that starts later. */
  get admissions(): ReadonlyMap<NodeId, boolean> {
    return this.#admitted;
  }

  /** Whether this node's own disk is one of the cluster's. */
  get ownDiskIsVoter(): boolean {
    const { nodeId, diskId, cluster } = this.#identity.current;
    return cluster?.voters.some((v) => v.nodeId === nodeId && v.diskId === diskId) ?? false;
  }
}
