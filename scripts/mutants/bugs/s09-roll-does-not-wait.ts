import type { Mutant } from "../mutant.ts";

export const rollDoesNotWait: Mutant = {
  id: "s09",
  title: "a roll does not wait for the rows of the segment before",
  source: "design.md 5, a roll",
  breaks: "The next segment exists before the one it follows is complete.",
  edits: [
    {
      file: "storage/wal/log-writer.ts",
      find: "    await this.#ports.rows.idle();\n    const files",
      replace: "    const files",
    },
  ],
  world: { faults: "late-sync", fixed: { segmentBytes: 2048 } },
};
