import type { Mutant } from "../mutant.ts";

export const answersBeforeVoteIsStored: Mutant = {
  id: "m02",
  title: "votes and terms are told before they are on disk",
  source: "nodedb #161",
  breaks: "A node that loses power after it voted votes for another candidate in the same term.",
  edits: [
    {
      file: "raft/outbox.ts",
      find: "    if (this.#held.length === 0 && covers(this.#durable, under))\n",
      replace: "    if (under.currentTerm >= 0)\n",
    },
  ],
};
