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
