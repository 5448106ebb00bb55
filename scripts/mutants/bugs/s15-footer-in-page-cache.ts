import type { Mutant } from "../mutant.ts";

export const footerInPageCache: Mutant = {
  id: "s15",
  title: "recovery trusts the newest footer it reads",
  source: "a real bug of ours, mended by 2a1e143",
  breaks: "A later footer becomes durable before it: an intact log is taken for damaged.",
  edits: [
    {
      file: "storage/wal/recovery/recover-log.ts",
      find: "    if (lastSealed !== undefined) await writeFooterAgain(options, lastSealed);\n",
      replace: "",
    },
  ],
  world: {
    faults: "crash-at-place,crash-at-disk-operation,power-loss,kill",
    fixed: { segmentBytes: 512 },
  },
};
