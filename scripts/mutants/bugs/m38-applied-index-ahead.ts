import type { Mutant } from "../mutant.ts";

export const appliedIndexAhead: Mutant = {
  id: "m38",
  title: "the applied index moves before the applied state",
  source: "etcd 3.5 postmortem, #13766",
  breaks: "A read that waited for an index sees a state that does not have it.",
  edits: [
    {
      file: "statemachine/log-state.ts",
      find: "  #appliedIndex = LogIndex(0);\n",
      replace: `  #appliedIndex = LogIndex(0);
  #behind = Offset(0);
`,
    },
    {
      file: "statemachine/log-state.ts",
      find: "    this.#highWatermark = nextOffset;\n",
      replace: `    this.#highWatermark = this.#behind;
    this.#behind = nextOffset;
`,
    },
  ],
};
