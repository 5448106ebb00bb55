import type { Mutant } from "../mutant.ts";

export const noStickiness: Mutant = {
  id: "m29",
  title: "followers that hear their leader help another node to lead",
  source: "asymmetric links: decentralizedthoughts 2020",
  breaks: "One link that fails one way gives elections without end.",
  edits: [
    {
      file: "raft/stickiness.ts",
      find: "state.nowMs - role.leader.contactMs < state.config.electionTimeoutMsMin",
      replace: "state.nowMs < 0",
    },
  ],
  world: { faults: "pair-cut" },
};
