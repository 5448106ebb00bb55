import type { Mutant } from "../mutant.ts";
import { COMPACTED_IN_TIERS } from "../worlds.ts";

export const tombstoneGoesTooEarly: Mutant = {
  id: "p09",
  title: "a tombstone goes while older records of its key lie in a file that is not compacted",
  source: "Cassandra's zombies; LSM trees that drop deletes above the last level",
  breaks: "A key that was deleted is there again.",
  edits: [
    {
      file: "storage/compaction/survival.ts",
      find: "  if (!oldest) return 0;\n",
      replace: "",
    },
  ],
  world: { fixed: COMPACTED_IN_TIERS },
};
