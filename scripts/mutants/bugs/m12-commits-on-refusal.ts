import type { Mutant } from "../mutant.ts";

export const commitsOnRefusal: Mutant = {
  id: "m12",
  title: "a refused AppendEntries moves the commit index",
  source: "CCF",
  breaks: "What lies in another history is served as committed.",
  edits: [
    {
      file: "raft/recv-append-entries.ts",
      find: "  if (conflict !== undefined) return acknowledge(state, leader, conflict);\n",
      replace: `  const told = smaller(message.leaderCommit, state.log.lastIndex);
  if (conflict !== undefined && told > state.commitIndex) commitTo(state, told);
  if (conflict !== undefined) return acknowledge(state, leader, conflict);
`,
    },
  ],
};
