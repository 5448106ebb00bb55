import type { Mutant } from "../mutant.ts";

export const stalledDiskLeadsOn: Mutant = {
  id: "m30",
  title: "a leader whose disk is stuck goes on with its heartbeats",
  source: "hashicorp/raft #503, #666, PR #683; lavinmq #2151",
  breaks: "Nothing is acknowledged any more, and nobody else may lead.",
  edits: [
    {
      file: "raft/timeout.ts",
      find: "  if (diskStalled(state)) {",
      replace: "  if (diskStalled(state) && state.nowMs < 0) {",
    },
  ],
  world: { faults: "lasting-stuck-disk" },
};
