import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const prefixWithoutCheckpoint: Mutant = {
  id: "m22",
  title: "the prefix goes before there is a checkpoint where it ended",
  source: 'etcd PR #18459, "need non-empty snapshot"',
  breaks: "A follower needs a snapshot that nobody has, or a start finds no state to begin with.",
  edits: [
    {
      file: "runtime/lifecycle/upkeep.ts",
      find: `    if (!isIntact(store, last.lastIndex))
      await checkpointer.save(last, await this.#parts.imageAt(last.lastIndex));
    if (this.#stopped) return;
    const term`,
      replace: "    const term",
    },
    {
      file: "storage/wal/log-front.ts",
      find: "end !== undefined && !checkpointAt(end);",
      replace: "end !== undefined && end < 0;",
    },
  ],
  world: { fixed: TRIMMED },
};
