import type { Mutant } from "../mutant.ts";

export const rowVouchesForMore: Mutant = {
  id: "s14",
  title: "a row tells of commits that this disk does not have",
  source: "design.md 5, rows",
  breaks:
    "A power loss leaves a row that proves an entry which never was: torn is taken for damaged.",
  edits: [
    {
      file: "storage/wal/row-writer.ts",
      find: "    const knownCommit = Math.min(this.#ports.knownCommit(), last);\n",
      replace: "    const knownCommit = this.#ports.knownCommit();\n",
    },
  ],
};
