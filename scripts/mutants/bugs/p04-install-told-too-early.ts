import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const installToldTooEarly: Mutant = {
  id: "p04",
  title: "a snapshot counts as installed before it is on the disk",
  source: "the order of docs/log-life.md",
  breaks: "A follower acknowledges what a crash takes from it.",
  edits: [
    {
      file: "runtime/snapshots/snapshot-receiver.ts",
      find: `    await durable;
    await prepared?.adopt();
    const { last } = start;
    tracer.tell("snapshot.installed", { lastIndex: last.index, ofTerm: last.term });
    if (!this.#stopped) loop.post({ type: "snapshotInstalled", last });
`,
      replace: `    const { last } = start;
    tracer.tell("snapshot.installed", { lastIndex: last.index, ofTerm: last.term });
    if (!this.#stopped) loop.post({ type: "snapshotInstalled", last });
    await durable;
    await prepared?.adopt();
`,
    },
  ],
  world: { faults: "absence,slow-disk,end-in-transfer,power-loss", fixed: TRIMMED },
};
