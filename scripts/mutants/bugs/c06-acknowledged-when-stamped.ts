import type { Mutant } from "../mutant.ts";

export const acknowledgedWhenStamped: Mutant = {
  id: "c06",
  title: "an append is acknowledged when its leader has stamped it",
  source: "NATS, Redis: acknowledgement before replication",
  breaks: "An acknowledged record is lost with its leader.",
  edits: [
    {
      file: "runtime/effect-runner.ts",
      find: "appends.stamped(append, frames.index(at), frames.baseOffset(at))",
      replace:
        "append.settle?.({ index: frames.index(at), term: last.term, offset: frames.baseOffset(at) " +
        "})",
    },
  ],
};
