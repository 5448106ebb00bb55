import type { Mutant } from "../mutant.ts";
import { COMPACTED } from "../worlds.ts";

export const oldFilesGoFirst: Mutant = {
  id: "p08",
  title: "compacted files go before the hard state names those that replace them",
  source: "the order of docs/log-life.md",
  breaks: "A crash between the two leaves a hard state that names files which are gone.",
  edits: [
    {
      file: "storage/compaction/prefix.ts",
      find: `      await hardState.update({ compactedTo: order.index });
      this.#counters = withRun(this.#counters, result.counters);
      await this.#adopt(result.manifest);
`,
      replace: `      await this.#adopt(result.manifest);
      await hardState.update({ compactedTo: order.index });
      this.#counters = withRun(this.#counters, result.counters);
`,
    },
  ],
  world: { fixed: COMPACTED },
};
