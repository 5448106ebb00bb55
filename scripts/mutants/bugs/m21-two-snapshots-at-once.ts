import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const twoSnapshotsAtOnce: Mutant = {
  id: "m21",
  title: "a snapshot is taken in while the one before it is being installed",
  source: "etcd #18055 and #7470",
  breaks: "What one of the two has put in place the other takes away.",
  edits: [
    {
      file: "raft/recv-install-snapshot.ts",
      find: "  if (state.installing !== undefined) discard(state, last);\n  else if",
      replace: "  if",
    },
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: `    if (this.#installing)
      throw new LogError("BACKPRESSURE", "another snapshot is being installed here");
`,
      replace: "",
    },
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: "    if (this.#installing) return;\n",
      replace: "",
    },
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: "    return this.#jobs.run(async () => {\n",
      replace: "    return (this.#installing ? new Sequencer() : this.#jobs).run(async () => {\n",
    },
  ],
  world: { faults: "wipe,absence,snapshot-again", fixed: TRIMMED },
};
