import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const conflictSurvivesSnapshot: Mutant = {
  id: "m18",
  title: "a snapshot leaves another leader's entry in the place of its last one",
  source: "hashicorp/raft #697, PR #704",
  breaks: "A follower keeps a log that conflicts with what is committed.",
  edits: [
    {
      file: "raft/recv-install-snapshot.ts",
      find: "  if (held === term || index < log.prev.index) return true;\n",
      replace: "  if (held !== undefined || index < log.prev.index) return true;\n",
    },
  ],
  world: { fixed: TRIMMED },
};
