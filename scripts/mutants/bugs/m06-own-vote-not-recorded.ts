import type { Mutant } from "../mutant.ts";

export const ownVoteNotRecorded: Mutant = {
  id: "m06",
  title: "a candidate does not record its vote for itself",
  source: "nebula PR #3415",
  breaks: "A candidate that counted itself votes for another one in the same term.",
  edits: [
    {
      file: "raft/transitions.ts",
      find: "  const votedFor = state.config.nodeId;\n",
      replace: "  const votedFor = undefined;\n",
    },
  ],
  world: { faults: "same-disks", invariants: true },
};
