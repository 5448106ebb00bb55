import type { Mutant } from "../mutant.ts";

export const acknowledgedWhenStamped: Mutant = {
  id: "c06",
  title: "an append is acknowledged when its leader has stamped it",
  source: "NATS, Redis: acknowledgement before replication",
  breaks: "An acknowledged record is lost with its leader.",
  edits: [
    {
      file: "runtime/effect-runner.ts",
      find: "      if (append !== undefined) appends.stamped(append, frame);\n",
      replace: `      const { index, term, baseOffset: offset } = frame.header;
      append?.settle?.({ index, term, offset });
      if (append !== undefined && index < 0) appends.stamped(append, frame);
`,
    },
  ],
};
