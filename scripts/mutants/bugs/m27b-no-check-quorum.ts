import type { Mutant } from "../mutant.ts";

export const noCheckQuorum: Mutant = {
  id: "m27b",
  title: "a leader that hears nobody leads on",
  source: "etcd #20418",
  breaks: "Clients of a leader that is cut off wait for ever; nobody tells them to go elsewhere.",
  edits: [
    { file: "raft/timeout.ts", find: "if (!hearsFromQuorum(state, leader) || ", replace: "if (" },
  ],
};
