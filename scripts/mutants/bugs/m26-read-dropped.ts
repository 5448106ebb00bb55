import type { Mutant } from "../mutant.ts";

export const readDropped: Mutant = {
  id: "m26",
  title: "a read that waits for a round is dropped in silence at step-down",
  source: "etcd #11483, restate #2950",
  breaks: "A client waits for an answer that never comes.",
  edits: [
    {
      file: "raft/reject-reads.ts",
      find: "of left.reads.drain()) rejectRead",
      replace: "of left.reads.drain().slice(Infinity)) rejectRead",
    },
  ],
  world: { faults: "same-disks", invariants: true },
};
