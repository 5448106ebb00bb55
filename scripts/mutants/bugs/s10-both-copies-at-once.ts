import type { Mutant } from "../mutant.ts";

export const bothCopiesAtOnce: Mutant = {
  id: "s10",
  title: "both copies of the hard state are written at the same time",
  source: "TigerBeetle's superblock, RAID 1 write hole",
  breaks: "One power loss tears both, and the node has forgotten its vote.",
  edits: [
    {
      file: "storage/paired-record.ts",
      find: "    for (const file of this.#files) await writeSynced(file, bytes);\n",
      replace: "    await Promise.all(this.#files.map((file) => writeSynced(file, bytes)));\n",
    },
  ],
};
