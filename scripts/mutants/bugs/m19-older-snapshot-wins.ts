import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const olderSnapshotWins: Mutant = {
  id: "m19",
  title: "a follower that refuses is sent a snapshot, and takes it though its log holds more",
  source: "camunda/zeebe #6092",
  breaks: "A snapshot takes away what was acknowledged after it.",
  edits: [
    {
      file: "raft/progress.ts",
      find: "    if (from < this.#firstIndex) return this.#needSnapshot();\n",
      replace: `    const unheard = this.#matchIndex < this.#firstIndex && this.#firstIndex > 1;
    if (from < this.#firstIndex || unheard) return this.#needSnapshot();
`,
    },
    {
      file: "raft/recv-install-snapshot.ts",
      find: "  else if (!holds(state, last)) return install(state, last, false);\n",
      replace: `  else if (!holds(state, last) || last.index > 0)
    return install(state, last, false);
`,
    },
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: "    if (this.#holds(offer.last)) return this.#needless(from, offer);\n",
      replace: "",
    },
  ],
  world: { fixed: TRIMMED },
};
