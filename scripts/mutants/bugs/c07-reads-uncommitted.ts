import type { Mutant } from "../mutant.ts";

export const readsUncommitted: Mutant = {
  id: "c07",
  title: "readers see what is not committed",
  source: "dirty reads: Jepsen on many",
  breaks: "A record that was read vanishes, or another one takes its offset.",
  edits: [
    {
      file: "runtime/record-source.ts",
      find: "read(first, maxBytes, upTo)",
      replace: "read(first, maxBytes, this.#log.tail.last.index)",
    },
  ],
};
