import type { Mutant } from "../mutant.ts";

export const earlyMessageCuts: Mutant = {
  id: "m14",
  title: "an old or repeated AppendEntries cuts what follows it",
  source: "CCF; Raft paper 5.3",
  breaks: "Entries that were acknowledged as durable are cut off.",
  edits: [
    {
      file: "raft/store-entries.ts",
      find: "  if (fresh.length > 0) append(state, fresh);\n",
      replace: `  if (fresh.length > 0) append(state, fresh);
  else if (message.entries.length > 0) cutConflict(state, next(last));
`,
    },
  ],
};
