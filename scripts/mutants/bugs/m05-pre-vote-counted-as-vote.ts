import type { Mutant } from "../mutant.ts";

export const preVoteCountedAsVote: Mutant = {
  id: "m05",
  title: "a pre-vote is counted as a vote",
  source: "canonical/raft #196",
  breaks: "A candidate that nobody voted for leads, next to the one that was elected in that term.",
  edits: [
    {
      file: "raft/recv-request-vote-result.ts",
      find: "  if (role.role === wanted && term === askedFor) countVote(state, from);\n",
      replace: `  const late = preVote && role.role === "candidate";
  if (late || (role.role === wanted && term === askedFor)) countVote(state, from);
`,
    },
  ],
};
