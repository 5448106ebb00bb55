import type { Mutant } from "../mutant.ts";

export const sentCountsAsHeld: Mutant = {
  id: "m45",
  title: "what was sent counts as what the follower has",
  source: "TemporalStore #260",
  breaks: "An entry is acknowledged that only its leader has.",
  edits: [
    {
      file: "raft/replication.ts",
      find: "  follower.sent(last, bytes);\n",
      replace: `  follower.sent(last, bytes);
  follower.matched(last, role.reads.started);
`,
    },
  ],
};
