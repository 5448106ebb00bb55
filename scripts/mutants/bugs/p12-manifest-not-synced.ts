import type { Mutant } from "../mutant.ts";
import { COMPACTED } from "../worlds.ts";

export const manifestNotSynced: Mutant = {
  id: "p12",
  title: "the hard state names a manifest of compacted files that is in the page cache only",
  source: "the order of docs/log-life.md",
  breaks: "After a power loss the compacted prefix cannot be opened.",
  edits: [
    {
      file: "storage/compaction/manifest-file.ts",
      find: "    await file.write([encodeManifest(manifest)], 0);\n    await file.sync();\n",
      replace: "    await file.write([encodeManifest(manifest)], 0);\n",
    },
  ],
  world: { fixed: COMPACTED },
};
