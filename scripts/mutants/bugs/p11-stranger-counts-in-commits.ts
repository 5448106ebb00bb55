import type { Mutant } from "../mutant.ts";

export const strangerCountsInCommits: Mutant = {
  id: "p11",
  title: "a node that is no voter any more counts where entries are committed",
  source: "RedisLabs/raft PR #13, the other half",
  breaks: "An append is acknowledged that a minority of the voters has.",
  edits: [
    {
      file: "raft/commit.ts",
      find: "    if (counts(state, nodeId)) durable.push(matchIndex);\n",
      replace: "    durable.push(matchIndex);\n",
    },
  ],
  world: { faults: "life" },
};
