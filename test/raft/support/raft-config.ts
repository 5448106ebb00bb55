import type { NodeId } from "../../../src/common/brand.ts";
import type { RaftConfig } from "../../../src/raft/index.ts";

/** Every entry of a test cluster is as large as every other. */
export const ENTRY_BYTES = 100;

/** Timings of the paper's evaluation (section 9.3); limits small enough to be met in a test. */
export function raftConfig(
  nodeId: NodeId,
  voters: readonly NodeId[],
  changes: Partial<RaftConfig> = {},
): RaftConfig {
  return {
    nodeId,
    membership: { voters },
    mayVote: true,
    electionTimeoutMsMin: 150,
    electionTimeoutMsMax: 300,
    heartbeatIntervalMs: 50,
    maxAppendEntriesBytes: 10 * ENTRY_BYTES,
    maxInflightMessages: 4,
    maxInflightBytes: 30 * ENTRY_BYTES,
    maxUncommittedBytes: 50 * ENTRY_BYTES,
    ...changes,
  };
}
