import type { Mutant } from "../mutant.ts";

export const failedSyncForgotten: Mutant = {
  id: "s06",
  title: "recovery syncs what a failed sync has left, without writing it again",
  source: "fsyncgate (PostgreSQL 2018)",
  breaks:
    "The pages of a failed sync are clean: a second sync does nothing, and the power takes them.",
  edits: [
    {
      file: "storage/wal/recovery/segment-repair.ts",
      find: "if (active && proven < count && ",
      replace: "if (active && proven < 0 && ",
    },
  ],
  world: { faults: "sync-error,power-loss" },
};
