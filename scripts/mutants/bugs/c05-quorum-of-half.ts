import type { Mutant } from "../mutant.ts";

export const quorumOfHalf: Mutant = {
  id: "c05",
  title: "half of the voters is a quorum",
  source: "M8's little sister: a wrong majority",
  breaks: "Two halves decide without each other.",
  edits: [
    {
      file: "raft/quorum.ts",
      find: "  return Math.floor(state.config.membership.voters.length / 2) + 1;\n",
      replace: "  return Math.floor(state.config.membership.voters.length / 2);\n",
    },
  ],
};
