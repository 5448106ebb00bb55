import type { Mutant } from "../mutant.ts";

export const acknowledgesUnverified: Mutant = {
  id: "c01",
  title: "a follower acknowledges its whole log, whatever its leader has",
  source: "CCF (the early acknowledgement); Raft paper 5.3",
  breaks: "The leader counts entries of another history as copies of its own.",
  edits: [
    {
      file: "raft/acknowledge.ts",
      find: "  return smaller(log.durableIndex, verifiedIndex);\n",
      replace: "  return larger(smaller(log.durableIndex, verifiedIndex), log.durableIndex);\n",
    },
    {
      file: "raft/acknowledge.ts",
      find: "import { smaller, ZERO_INDEX }",
      replace: "import { larger, smaller, ZERO_INDEX }",
    },
  ],
};
