import type { Mutant } from "../mutant.ts";

export const clientSendsAgain: Mutant = {
  id: "m34",
  title: "a client sends again without looking what is in the log",
  source: "s2-sdk-typescript #155",
  breaks: "An append whose answer was lost is in the log twice.",
  edits: [
    {
      file: "sim/clients/producer.ts",
      find: "if (!this.#unsettled.some(({ maybeWritten }) => maybeWritten))",
      replace: "if (this.#unsettled.length >= 0)",
    },
  ],
};
