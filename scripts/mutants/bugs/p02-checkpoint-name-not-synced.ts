import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const checkpointNameNotSynced: Mutant = {
  id: "p02",
  title: "a checkpoint is renamed and its directory is not synced",
  source: "etcd 3.6.15: the directory of snapshots",
  breaks: "After a power loss the log begins where no checkpoint tells the state.",
  edits: [
    {
      file: "storage/snapshots/durable-checkpoints.ts",
      find: `    await fileSystem.rename(beside, path);
    await fileSystem.syncDirectory(this.#directory);
`,
      replace: "    await fileSystem.rename(beside, path);\n",
    },
  ],
  world: { fixed: TRIMMED },
};
