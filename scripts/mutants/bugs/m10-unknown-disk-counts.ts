import type { Mutant } from "../mutant.ts";

export const unknownDiskCounts: Mutant = {
  id: "m10",
  title: "who may not vote counts all the same",
  source: "RedisLabs/raft PR #13",
  breaks: "A node whose disk may have forgotten what it promised votes, leads and acknowledges.",
  edits: [
    {
      file: "raft/quorum.ts",
      find: "  return state.config.mayVote && state.config",
      replace: "  return state.config",
    },
    {
      file: "raft/quorum.ts",
      find: "  return known?.admitted === true && known.forgotIn !== hardState.currentTerm;",
      replace: "  return known !== undefined && hardState.currentTerm >= 0;",
    },
    {
      file: "raft/recv-request-vote.ts",
      find: "  if (state.peers.get(candidateId)?.admitted !== true)",
      replace: "  if (!state.peers.has(candidateId))",
    },
    {
      file: "raft/recv-request-vote-result.ts",
      find: "  if (peers.get(from)?.admitted !== true) return;\n",
      replace: "  if (!peers.has(from)) return;\n",
    },
  ],
  world: { faults: "life" },
};
