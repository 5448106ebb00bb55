import type { Mutant } from "../mutant.ts";

export const rowBeforeFrame: Mutant = {
  id: "s01",
  title: "rows are written while their frames are still being synced",
  source: "design.md 5, the order of a group commit",
  breaks:
    "A power loss leaves a row that proves a frame which never was: torn is taken for damaged.",
  edits: [
    {
      file: "storage/wal/log-writer.ts",
      find: "    const synced = files.log.sync();\n",
      replace: `    const synced = files.log.sync();
    if (!isEmptyGroup(group)) rows.add(group);
`,
    },
    {
      file: "storage/wal/log-writer.ts",
      find: `    written(group.last);
    rows.add(group);
`,
      replace: "    written(group.last);\n",
    },
  ],
};
