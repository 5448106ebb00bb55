import type { Mutant } from "../mutant.ts";
import { TRIMMED } from "../worlds.ts";

export const damagedIsAbsent: Mutant = {
  id: "m42",
  title: "a damaged checkpoint is taken for none, and the node begins from nothing",
  source: "NATS #7556 and #4410",
  breaks: "Settings and the log's start are forgotten on a node that goes on as if nothing was.",
  edits: [
    {
      file: "runtime/lifecycle/restored-state.ts",
      find: "  if (newest === undefined && start > 0) throw lost(start, damaged);\n",
      replace: "",
    },
  ],
  world: { faults: "checkpoint-rot,missing-snapshot,power-loss,kill", fixed: TRIMMED },
};
