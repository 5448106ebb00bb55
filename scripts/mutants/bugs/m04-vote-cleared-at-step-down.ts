import type { Mutant } from "../mutant.ts";

export const voteClearedAtStepDown: Mutant = {
  id: "m04",
  title: "stepping down within a term clears its vote",
  source: "redpanda PR #14/#19, CCF PR #8094",
  breaks: "A node votes twice in one term, so that two leaders can be elected in it.",
  edits: [
    {
      file: "raft/transitions.ts",
      find: "  if (term === state.hardState.currentTerm) return state.hardState;\n",
      replace: "",
    },
  ],
};
