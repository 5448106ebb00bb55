import type { Mutant } from "../mutant.ts";

export const acknowledgedFromPageCache: Mutant = {
  id: "s02",
  title: "frames are acknowledged from the page cache",
  source: "MongoDB, Kafka, Redis: acknowledgement without sync",
  breaks: "A power loss takes what a majority had acknowledged.",
  edits: [
    {
      file: "storage/wal/log-writer.ts",
      find: "    const synced = files.log.sync();\n",
      replace: "    const synced = Promise.resolve();\n",
    },
  ],
};
