import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Membership } from "./types.ts";

export interface RaftConfig {
  readonly nodeId: NodeId;
  readonly membership: Membership;
  /** False on a disk that its cluster does not know: receives, but neither votes nor campaigns. */
  readonly mayVote: boolean;
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  readonly heartbeatIntervalMs: number;
  readonly maxAppendEntriesBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly maxUncommittedBytes: number;
}

/** Refuses timings and limits under which no leader could stay, or nothing could be sent. */
export function assertConfig(config: RaftConfig): void {
  const { voters } = config.membership;
  assert(new Set(voters).size === voters.length, "every voter is named once");
  assert(config.heartbeatIntervalMs > 0, "a leader sends heartbeats");
  assert(
    config.heartbeatIntervalMs < config.electionTimeoutMsMin,
    "a follower hears more than one heartbeat within its election timeout",
  );
  assert(
    config.electionTimeoutMsMin <= config.electionTimeoutMsMax,
    "the smallest election timeout is not above the largest",
  );
  assert(config.maxAppendEntriesBytes > 0, "a message has room for an entry");
  assert(config.maxInflightMessages > 0, "the inflight window has room for a message");
  assert(config.maxInflightBytes > 0, "the inflight window has room for an entry");
}
