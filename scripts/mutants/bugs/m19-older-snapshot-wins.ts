import type { Mutant } from "../mutant.ts";

export const olderSnapshotWins: Mutant = {
  id: "m19",
  title: "a snapshot takes the place of a log that holds more than it",
  source: "camunda/zeebe #6092",
  breaks: "A snapshot that comes late takes away what was acknowledged since.",
  edits: [
    {
      file: "raft/recv-install-snapshot.ts",
      find: "  else if (holds(state, last)) keepLog(state, leader, last);\n",
      replace: "",
    },
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: "    if (offer.last.index <= commitIndex) return this.#needless(from, offer);\n",
      replace: "",
    },
  ],
};
