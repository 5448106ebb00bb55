import type { Mutant } from "../mutant.ts";

export const logStartForgotten: Mutant = {
  id: "p10",
  title: "a node that starts from a checkpoint forgets the log start",
  source: "the image of docs/log-life.md",
  breaks: "Records that were gone for readers are there again after a restart.",
  edits: [
    {
      file: "statemachine/log-state.ts",
      find: "    this.#logStartOffset = image.logStartOffset;\n",
      replace: "",
    },
  ],
};
