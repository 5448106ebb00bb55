import type { Mutant } from "../mutant.ts";

export const longerLogWins: Mutant = {
  id: "c04",
  title: "voters compare the length of logs, not their last terms",
  source: "Raft paper 5.4.1, a usual beginner's bug",
  breaks: "A leader is elected that lacks committed entries.",
  edits: [
    {
      file: "raft/recv-request-vote.ts",
      find: "  return log.isCoveredBy({ index: lastLogIndex, term: lastLogTerm });\n",
      replace: "  return lastLogTerm >= 0 && lastLogIndex >= log.lastIndex;\n",
    },
  ],
};
