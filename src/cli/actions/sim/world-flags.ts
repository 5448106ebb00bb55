import { parseFaults } from "../../../sim/nemesis/fault-mixes.ts";
import { parseSkip, type RunOptions } from "../../../sim/run-options.ts";
import { invalidValue } from "../../failure.ts";

export interface WorldFlags {
  readonly nodes: number;
  readonly duration: number;
  readonly faults: string;
}

const MAX_NODES = 7;

/** The flags of a world, checked, as what a run takes. */
export function runOptions(flags: WorldFlags, seed: number, skip = ""): RunOptions {
  const { nodes, duration: faultsMs, faults } = flags;
  if (nodes < 1 || nodes > MAX_NODES) throw invalidValue("--nodes", `1 to ${MAX_NODES}`);
  try {
    parseFaults(faults);
  } catch (thrown) {
    throw invalidValue("--faults", (thrown as Error).message);
  }
  try {
    return { seed, nodes, faultsMs, faults, skip: parseSkip(skip) };
  } catch (thrown) {
    throw invalidValue("--skip", (thrown as Error).message);
  }
}
