import type { Mutant } from "../mutant.ts";

export const sessionBoundIgnored: Mutant = {
  id: "c08",
  title: "a node answers a session's reads although it is behind what the session has seen",
  source: "read-your-writes lost at a follower: causal sessions of MongoDB and others",
  breaks: "A client does not find what it was acknowledged.",
  edits: [
    {
      file: "runtime/read-bound.ts",
      find: "  if (minHighWatermark === 0) return;\n",
      replace: "  if (minHighWatermark >= 0) return;\n",
    },
  ],
};
