import type { Mutant } from "../mutant.ts";

export const leaderCountsUnsyncedCopy: Mutant = {
  id: "m37",
  title: "a leader counts its own copy before it is on disk",
  source: "etcd #14370",
  breaks: "An acknowledged entry lies on one disk less than a majority.",
  edits: [
    {
      file: "raft/commit.ts",
      find: "isVoter(state) ? [state.log.durableIndex] : []",
      replace: "isVoter(state) ? [state.log.lastIndex] : []",
    },
  ],
};
