import type { Mutant } from "../mutant.ts";

export const readWithoutRound: Mutant = {
  id: "m27",
  title: "a leader answers reads without asking whether it still leads",
  source: "etcd #20418",
  breaks: "A leader that was replaced behind its back gives old answers as new ones.",
  edits: [
    {
      file: "raft/read-index.ts",
      find: "    if (!hasQuorum(state, echoed)) return;\n",
      replace: "    if (!echoed(nodeId)) return;\n",
    },
  ],
};
