import type { Mutant } from "../mutant.ts";

export const framesCutBeforeRows: Mutant = {
  id: "s07",
  title: "a cut takes the frames before their rows",
  source: "design.md 5, truncateSuffix",
  breaks: "A crash leaves rows that prove frames which were cut off: intact is taken for damaged.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: `    await files.index.truncate(indexBytes);
    await files.index.sync();
    await files.log.truncate(logBytes);
    await files.log.sync();
`,
      replace: `    await files.log.truncate(logBytes);
    await files.log.sync();
    await files.index.truncate(indexBytes);
    await files.index.sync();
`,
    },
  ],
  world: { faults: "isolate,split,crash-at-place", fixed: { segmentBytes: 2048 } },
};
