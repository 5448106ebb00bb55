import type { Mutant } from "../mutant.ts";

export const noPreVote: Mutant = {
  id: "m28",
  title: "a node that cannot win raises the term",
  source: "logcabin #56, hashicorp/raft #524, etcd #9241",
  breaks: "A node that comes back from a partition topples the leader of the others.",
  edits: [
    {
      file: "raft/election.ts",
      find: `  requestVotes(state, term, true);
  countVote(state, state.config.nodeId);
`,
      replace: "  if (term > 0) startElection(state);\n",
    },
  ],
  world: { faults: "lasting-cut" },
};
