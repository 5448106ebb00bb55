import type { Mutant } from "../mutant.ts";

export const manifestBeforeDirectory: Mutant = {
  id: "s08",
  title: "the manifest names a segment before its directory is synced",
  source: "etcd #6368, turned round",
  breaks: "A crash between the two leaves a manifest that names files which are not there.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: `    await log.sync();
    await this.#fileSystem.syncDirectory(this.#directory);
`,
      replace: "    await log.sync();\n",
    },
    {
      file: "storage/wal/segment-disk.ts",
      find: "    await hardState.update(patch);\n",
      replace: `    await hardState.update(patch);
    await this.#fileSystem.syncDirectory(this.#directory);
`,
    },
  ],
};
