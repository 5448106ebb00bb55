import type { Mutant } from "../mutant.ts";

export const snapshotIsNoEntry: Mutant = {
  id: "m17",
  title: "the entry that the snapshot ends with is taken for one that is not held",
  source: "hashicorp/raft #205, jgroups-raft #103",
  breaks: "A follower whose log begins behind a snapshot refuses what follows it, for ever.",
  edits: [
    {
      file: "raft/recv-append-entries.ts",
      find: "  const term = log.termAt(prevLogIndex);\n",
      replace: `  const covered = prevLogIndex > 0 && prevLogIndex === log.prev.index;
  const term = covered ? undefined : log.termAt(prevLogIndex);
`,
    },
  ],
};
