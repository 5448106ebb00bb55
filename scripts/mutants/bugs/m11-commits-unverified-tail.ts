import type { Mutant } from "../mutant.ts";

export const commitsUnverifiedTail: Mutant = {
  id: "m11",
  title: "a follower commits what its leader has not verified",
  source: "scylladb #9965, rabbitmq/ra PR #508, copycat #265",
  breaks: "A conflicting tail that a heartbeat passes over is served as committed.",
  edits: [
    {
      file: "raft/recv-append-entries.ts",
      find: "smaller(message.leaderCommit, leader.verifiedIndex)",
      replace: "smaller(message.leaderCommit, state.log.lastIndex)",
    },
  ],
};
