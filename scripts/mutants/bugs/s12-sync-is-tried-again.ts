import type { Mutant } from "../mutant.ts";

export const syncIsTriedAgain: Mutant = {
  id: "s12",
  title: "a failed sync is tried again",
  source: "fsyncgate (PostgreSQL 2018)",
  breaks:
    "The second sync succeeds and proves nothing: the pages are clean, and the power takes them.",
  edits: [
    {
      file: "storage/wal/log-writer.ts",
      find: "    const synced = files.log.sync();\n",
      replace: "    const synced = files.log.sync().catch(() => files.log.sync());\n",
    },
  ],
  world: { faults: "sync-error,power-loss" },
};
