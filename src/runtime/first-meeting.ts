import type { NodeId } from "../common/brand.ts";
import { deferred } from "../common/deferred.ts";
import { FatalError } from "../common/fatal-error.ts";
import { type Random, randomHex } from "../common/random.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { ClusterIdentity, Identity, IdentityStore, Voter } from "../storage/types.ts";
import type { Meeting, PeerTransport } from "../transport/types.ts";

/** How often the voters are asked, and how long each may take to answer. */
const ASK_EVERY_MS = 50;
const ASK_TIMEOUT_MS = 1000;

export interface FirstMeetingPorts {
  readonly identity: IdentityStore;
  readonly transport: PeerTransport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ours: () => Meeting;
  /** Told when the reason for waiting changes. */
  readonly waiting: (reason: string) => void;
}

/**
 * An empty node may only found a cluster when every other voter is empty too: otherwise a wiped
 * node could vote a second time in a term, or outvote what it has forgotten (design, "Identity").
 * The voter with the smallest name draws the cluster id; the others take it over when they ask.
 * Elections begin once every voter was seen with it.
 */
export class FirstMeeting {
  readonly #voters: readonly NodeId[];
  readonly #ports: FirstMeetingPorts;
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(voters: readonly NodeId[], ports: FirstMeetingPorts) {
    this.#voters = [...voters].sort();
    this.#ports = ports;
  }

  /** Resolves with the cluster once this node knows that it is formed. */
  async meet(): Promise<ClusterIdentity> {
    for (;;) {
      const { identity } = this.#ports;
      const known = identity.current.cluster;
      if (known?.formed === true) return known;
      const replies = await this.#ask();
      const next = decide(this.#voters, identity.current, replies, this.#ports.random);
      if (typeof next === "string") this.#ports.waiting(next);
      else await identity.save({ ...identity.current, cluster: next });
      if (this.#stopped) return new Promise(() => undefined);
      if (identity.current.cluster?.formed !== true) await this.#pause();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #ask(): Promise<readonly Meeting[]> {
    const { transport, identity, ours } = this.#ports;
    const others = this.#voters.filter((voter) => voter !== identity.current.nodeId);
    const asked = others.map((peer) =>
      transport.meet(peer, ours(), ASK_TIMEOUT_MS).catch(() => undefined),
    );
    return Promise.all(asked).then((replies) => replies.filter((reply) => reply !== undefined));
  }

  #pause(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#cancel = this.#ports.scheduler.after(ASK_EVERY_MS, () => resolve());
    return promise;
  }
}

/**
 * The next cluster identity of this node, or why it has to wait.
 * @throws FatalError("config") when the configuration and the cluster name different voters.
 */
export function decide(
  voters: readonly NodeId[],
  ours: Identity,
  replies: readonly Meeting[],
  random: Random,
): ClusterIdentity | string {
  const member = replies.find((reply) => reply.identity.clusterId !== undefined);
  if (ours.cluster !== undefined) return confirm(voters, ours.cluster, replies);
  if (member !== undefined) return adopt(voters, member);
  const present = new Set([ours.nodeId, ...replies.map((reply) => reply.identity.nodeId)]);
  const missing = voters.filter((voter) => !present.has(voter));
  if (missing.length > 0) return `waiting to meet ${missing.join(", ")} for the first time`;
  const founder = voters[0];
  if (founder !== ours.nodeId) return `waiting for ${founder} to found the cluster`;
  const disks = new Map(replies.map((r) => [r.identity.nodeId, r.identity.diskId]));
  disks.set(ours.nodeId, ours.diskId);
  const founding: Voter[] = voters.map((nodeId) => ({ nodeId, diskId: disks.get(nodeId) ?? "" }));
  return { clusterId: randomHex(random, 16), voters: founding, formed: voters.length === 1 };
}

function confirm(
  voters: readonly NodeId[],
  cluster: ClusterIdentity,
  replies: readonly Meeting[],
): ClusterIdentity | string {
  const same = replies.filter((reply) => reply.identity.clusterId === cluster.clusterId);
  if (same.some((reply) => reply.formed) || same.length === voters.length - 1)
    return { ...cluster, formed: true };
  const seen = new Set(same.map((reply) => reply.identity.nodeId));
  const missing = cluster.voters.filter((voter) => !seen.has(voter.nodeId)).length - 1;
  return `waiting for ${missing} more of ${voters.join(", ")} to join the new cluster`;
}

function adopt(voters: readonly NodeId[], member: Meeting): ClusterIdentity {
  const names = member.voters.map((voter) => voter.nodeId).sort();
  if (names.join() !== voters.join())
    throw new FatalError(
      "config",
      `${member.identity.nodeId} belongs to a cluster of ${names.join(", ")}, but this node is ` +
        `configured with ${voters.join(", ")}: make cluster.voters the same on every node`,
    );
  const { clusterId } = member.identity;
  return { clusterId: clusterId ?? "", voters: member.voters, formed: member.formed };
}
