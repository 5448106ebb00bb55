import type { Mutant } from "../mutant.ts";

export const countsAnswersOfOlderTerms: Mutant = {
  id: "c02",
  title: "answers of an earlier leadership count",
  source: "thesis 3.4 (a reply belongs to the term of its request)",
  breaks: "A copy counts that was cut off since.",
  edits: [
    {
      file: "raft/recv-append-entries-result.ts",
      find: '  if (role.role !== "leader" || result.term < hardState.currentTerm) return;\n',
      replace: '  if (role.role !== "leader" || hardState.currentTerm < 0) return;\n',
    },
  ],
};
