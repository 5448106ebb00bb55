import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const resetNotRecorded: Mutant = {
  id: "p03",
  title: "a log is taken away for a snapshot before the hard state says so",
  source: "the order of docs/log-life.md",
  breaks: "A crash while it is installed leaves neither the old log nor the new one.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: "update({ ...recorded, snapshot: start.last, reset: start });",
      replace: "update({ ...recorded, snapshot: start.last });",
    },
  ],
  world: { fixed: TRIMMED },
};
