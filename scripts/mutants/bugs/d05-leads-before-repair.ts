import type { Mutant } from "../mutant.ts";

export const leadsBeforeRepair: Mutant = {
  id: "d05",
  title: "a leader appends its no-op before its log is whole",
  source: "PAR, FAST 2018; design.md 5",
  breaks: "What may have to be cut off lies below entries of the new term.",
  edits: [
    {
      file: "raft/repair.ts",
      find: "  if (leader.repair === undefined) return appendNoop(state, leader);\n",
      replace: `  leader.repair = undefined;
  if (leader.repair === undefined) return appendNoop(state, leader);
`,
    },
  ],
  world: { faults: "damage" },
};
