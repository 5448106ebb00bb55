import type { RaftConfig } from "../raft/index.ts";
import type { NodeOptions } from "./node-options.ts";

/** What the core is told of a node's options. */
export function raftConfig(options: NodeOptions, mayVote: boolean): RaftConfig {
  const { nodeId, voters, electionTimeoutMsMin, electionTimeoutMsMax, heartbeatIntervalMs } =
    options;
  const { maxAppendEntriesBytes, maxInflightMessages, maxInflightBytes, maxUncommittedBytes } =
    options;
  return {
    ...{ nodeId, mayVote, electionTimeoutMsMin, electionTimeoutMsMax, heartbeatIntervalMs },
    ...{ maxAppendEntriesBytes, maxInflightMessages, maxInflightBytes, maxUncommittedBytes },
    membership: { voters },
  };
}
