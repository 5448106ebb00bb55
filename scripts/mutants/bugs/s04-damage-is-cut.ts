import type { Mutant } from "../mutant.ts";

export const damageIsCut: Mutant = {
  id: "s04",
  title: "recovery cuts damage as if it were a torn tail",
  source: 'etcd, ZooKeeper, LogCabin: "Redundancy does not imply fault tolerance", FAST 2017',
  breaks: "Entries that were acknowledged vanish from a log, and elections are won without them.",
  edits: [
    {
      file: "storage/wal/recovery/segment-scan.ts",
      find: 'return "a row proves that it was synced";',
      replace: "return undefined;",
    },
    {
      file: "storage/wal/recovery/segment-scan.ts",
      find: 'return "a row knows that it was committed";',
      replace: "return undefined;",
    },
  ],
  world: { faults: "damage" },
};
