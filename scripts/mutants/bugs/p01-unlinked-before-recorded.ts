import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const unlinkedBeforeRecorded: Mutant = {
  id: "p01",
  title: "segments are unlinked before the hard state says that the log begins behind them",
  source: "the order of docs/log-life.md",
  breaks: "A crash between the two leaves a manifest that names files which are gone.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: `    await this.#named().update({ ...recorded, firstSegment: next });
    await this.#remove(stems.flatMap(`,
      replace: `    const record = () => this.#named().update({ ...recorded, firstSegment: next });
    await this.#remove(stems.flatMap(`,
    },
    {
      file: "storage/wal/segment-disk.ts",
      find: `(stem) => [this.logPath(stem), this.indexPath(stem)]));
`,
      replace: `(stem) => [this.logPath(stem), this.indexPath(stem)]));
    await record();
`,
    },
  ],
  world: { fixed: TRIMMED },
};
