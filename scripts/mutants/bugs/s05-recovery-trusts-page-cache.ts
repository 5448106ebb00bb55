import type { Mutant } from "../mutant.ts";

export const recoveryTrustsPageCache: Mutant = {
  id: "s05",
  title: "recovery does not sync what it found",
  source: "fsyncgate; raft-wal",
  breaks: "What a killed process left in the page cache is acknowledged, and lost with the power.",
  edits: [
    {
      file: "storage/wal/recovery/segment-repair.ts",
      find: `  if (logBytes > frameBytes) await files.log.truncate(frameBytes);
  await files.log.sync();
`,
      replace: "  if (logBytes > frameBytes) await files.log.truncate(frameBytes);\n",
    },
    {
      file: "storage/wal/recovery/segment-repair.ts",
      find: "if (active && proven < count && ",
      replace: "if (active && proven < 0 && ",
    },
  ],
};
