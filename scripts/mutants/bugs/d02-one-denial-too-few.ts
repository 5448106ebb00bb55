import type { Mutant } from "../mutant.ts";

export const oneDenialTooFew: Mutant = {
  id: "d02",
  title: "one denial fewer than a majority cuts a damaged entry",
  source: 'PAR: "with one fewer dontHave the checker finds loss at once", FAST 2018',
  breaks: "A committed entry whose other copy is out of reach is cut off.",
  edits: [
    {
      file: "raft/repair.ts",
      find: "role.repair.add(index, peer) < blockingSize(state)",
      replace: "role.repair.add(index, peer) < blockingSize(state) - 1",
    },
  ],
  world: { faults: "damage" },
};
