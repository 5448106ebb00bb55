import type { Mutant } from "../mutant.ts";

export const termZeroMatches: Mutant = {
  id: "m16",
  title: "an entry that is not held has term 0 on both sides, and 0 equals 0",
  source: "etcd-io/raft #31",
  breaks: "A leader asks about an entry that it dropped, and the follower's log agrees with it.",
  edits: [
    {
      file: "raft/progress.ts",
      find: "    if (from < this.#firstIndex) return this.#needSnapshot();\n",
      replace: `    if (from < this.#firstIndex) {
      this.#needSnapshot();
      this.#nextIndex = from;
      return;
    }
`,
    },
    {
      file: "raft/replication.ts",
      find: `  assert(term !== undefined, "a leader holds the entry before the ones it sends");
  return { index: at, term };
`,
      replace: "  return { index: at, term: term ?? (0 as NonNullable<typeof term>) };\n",
    },
    {
      file: "raft/recv-append-entries.ts",
      find: "  const term = log.termAt(prevLogIndex);\n",
      replace: "  const term = log.termAt(prevLogIndex) ?? (0 as typeof prevLogTerm);\n",
    },
  ],
};
