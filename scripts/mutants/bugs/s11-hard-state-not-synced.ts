import type { Mutant } from "../mutant.ts";

export const hardStateNotSynced: Mutant = {
  id: "s11",
  title: "term and vote are written and never synced",
  source: "nodedb #161, at the disk",
  breaks: "A node that loses power forgets its term, its vote and its incarnation.",
  edits: [
    {
      file: "storage/paired-record.ts",
      find: `  await file.write([bytes], 0);
  await file.sync();
`,
      replace: "  await file.write([bytes], 0);\n",
    },
  ],
};
