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
      replace: "append.settle?.(ackAt(frames, at, last.term))",
    },
    {
      file: "runtime/effect-runner.ts",
      find: "function noop(): QueuedAppend {",
      replace:
        "function ackAt(frames: FrameBlock, at: number, term: any): any {\n" +
        "  return { index: frames.index(at), term, offset: frames.baseOffset(at) };\n" +
        "}\n\nfunction noop(): QueuedAppend {",
    },
  ],
};
