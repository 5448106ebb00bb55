import type { Mutant } from "../mutant.ts";

export const directoryNotSynced: Mutant = {
  id: "m40",
  title: "a new segment's directory is not synced",
  source: "etcd #6368 and 3.6.15",
  breaks: "After a power loss the files are gone, and with them entries that were acknowledged.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: `    await log.sync();
    await this.#fileSystem.syncDirectory(this.#directory);
`,
      replace: "    await log.sync();\n",
    },
  ],
};
