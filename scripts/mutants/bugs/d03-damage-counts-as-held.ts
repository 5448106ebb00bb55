import type { Mutant } from "../mutant.ts";

export const damageCountsAsHeld: Mutant = {
  id: "d03",
  title: "damaged entries count as held",
  source: "PAR, FAST 2018: faulty entries count in elections, never in matches",
  breaks: "An acknowledged entry is readable on one disk less than a majority.",
  edits: [
    {
      file: "raft/log-view.ts",
      find: "    return smaller(this.#syncedIndex, this.wholeIndex);\n",
      replace: "    return this.#syncedIndex;\n",
    },
  ],
  world: { faults: "damage" },
};
