import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type { Raft } from "../../../src/raft/index.ts";
import { runScenario } from "../../support/datadriven.ts";
import { Scenario } from "./scenario.ts";

/** Makes another module out of the real one. */
export type Plant = (original: () => Promise<unknown>) => Promise<object>;

/** The real core with one file of `src/raft/` made into what `plant` says. */
export async function plantedCore(file: string, plant: Plant): Promise<typeof Raft> {
  vi.resetModules();
  vi.doMock(`../../../src/raft/${file}`, plant);
  const planted = await import("../../../src/raft/raft.ts");
  return planted.Raft;
}

/** The file is the real one again. */
export function uproot(file: string): void {
  vi.doUnmock(`../../../src/raft/${file}`);
  vi.resetModules();
}

/** Plays one of `scenarios/`, whatever comes of it. @throws where a property is broken. */
export function playScenario(name: string, RaftClass: typeof Raft): void {
  const file = fileURLToPath(new URL(`../scenarios/${name}`, import.meta.url));
  const { interpret } = new Scenario({ RaftClass, checked: false });
  runScenario(file, interpret, () => undefined);
}
