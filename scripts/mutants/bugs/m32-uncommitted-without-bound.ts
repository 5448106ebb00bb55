import type { Mutant } from "../mutant.ts";

export const uncommittedWithoutBound: Mutant = {
  id: "m32",
  title: "the cap on uncommitted bytes is not asked",
  source: "etcd #10167, etcd-io/raft #11",
  breaks: "A leader without a quorum takes appends until its memory is gone.",
  edits: [
    {
      file: "raft/propose.ts",
      find: "    if (bytes + proposal.bytes > room && !alone) break;\n",
      replace: "    if (room === Number.NEGATIVE_INFINITY && !alone) break;\n",
    },
  ],
};
