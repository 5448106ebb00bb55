import type { Mutant } from "../mutant.ts";

export const sealedTooEarly: Mutant = {
  id: "s13",
  title: "a segment is sealed before the next one's first entry is committed",
  source: "design.md 5, segments",
  breaks: "A suffix cut meets a sealed file.",
  edits: [
    {
      file: "storage/wal/write-ahead-log.ts",
      find: "      settled: () => Math.min(this.#committed, this.#durable) as LogIndex,\n",
      replace: "      settled: () => this.#durable,\n",
    },
  ],
};
