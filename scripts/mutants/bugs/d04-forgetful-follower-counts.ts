import type { Mutant } from "../mutant.ts";

export const forgetfulFollowerCounts: Mutant = {
  id: "d04",
  title: "a follower that lacks what it acknowledged goes on counting",
  source: 'etcd: "was the raft log corrupted, truncated, or lost?"',
  breaks: "What a majority has acknowledged lies on a minority.",
  edits: [
    {
      file: "raft/recv-append-entries-result.ts",
      find: "    peer.forgotIn = state.hardState.currentTerm;\n",
      replace: "",
    },
  ],
  world: { faults: "old-backup" },
};
