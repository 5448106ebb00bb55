import type { Mutant } from "../mutant.ts";

export const denialOfOlderTermCuts: Mutant = {
  id: "d01",
  title: "a denial counts although its voter still followed an older leader",
  source: "a real bug of ours, mended by d499ca7",
  breaks: "An entry is cut off that an older leader commits at the same time.",
  edits: [
    {
      file: "raft/repair.ts",
      find: "  if (term !== hardState.currentTerm || !counts(state, peer)) return;\n",
      replace: "  if (term > hardState.currentTerm || !counts(state, peer)) return;\n",
    },
  ],
  world: { nodes: 5, faults: "old-denial" },
};
