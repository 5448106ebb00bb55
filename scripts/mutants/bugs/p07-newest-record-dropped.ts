import type { Mutant } from "../mutant.ts";
import { COMPACTED } from "../worlds.ts";

export const newestRecordDropped: Mutant = {
  id: "p07",
  title: "compaction takes a batch's first offset for that of all its records",
  source: "a cleaner that does not count within a batch",
  breaks: "The newest record of a key is dropped when it is not the first of its batch.",
  edits: [
    {
      file: "storage/compaction/pass.ts",
      find: `    const kept = records.map((record, i) =>
      survival.keeps(record, header.baseOffset + i, header.timestamp),
`,
      replace: `    const kept = records.map((record) =>
      survival.keeps(record, header.baseOffset, header.timestamp),
`,
    },
  ],
  world: { fixed: COMPACTED },
};
