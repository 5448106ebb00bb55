import type { Mutant } from "../mutant.ts";

export const countsOlderTerms: Mutant = {
  id: "m01",
  title: "a leader commits an older term's entry by counting its copies",
  source: "Raft paper 5.4.2, Figure 8; CCF",
  breaks: "An entry that was told committed is overwritten by another leader.",
  edits: [
    {
      file: "raft/commit.ts",
      find: "  if (state.log.termAt(index) !== state.hardState.currentTerm) return;\n",
      replace: "",
    },
  ],
};
