import type { Mutant } from "../mutant.ts";

export const readBeforeNoop: Mutant = {
  id: "m25",
  title: "a read is served before the first commit of the term",
  source: "etcd #7331, tikv #6340 and #9239",
  breaks: "A new leader answers with a commit index older than what was acknowledged before.",
  edits: [
    {
      file: "raft/read-index.ts",
      find: "  if (state.commitIndex < leader.noopIndex) {\n",
      replace: "  if (state.commitIndex < 0) {\n",
    },
  ],
};
