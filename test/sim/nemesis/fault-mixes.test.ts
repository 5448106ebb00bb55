import { describe, expect, it } from "vitest";
import { FAULT_KINDS, FAULT_MIXES, parseFaults } from "../../../src/sim/nemesis/fault-mixes.ts";
import { runSimulation } from "../../../src/sim/run.ts";
import { DEFAULT_RUN, type Planted } from "../../../src/sim/run-options.ts";

/** Logs that let segments go, so that whoever was away needs a snapshot. */
const TRIMMED: Planted = {
  life: true,
  segmentBytes: 1024,
  settings: { cleanupPolicy: "delete", retentionBytes: 1024 },
};

const SURVIVED = FAULT_MIXES.default.map(({ name }) => name);

describe("the nemesis", () => {
  it.each(SURVIVED)("strikes with %s alone, and the cluster survives it", async (kind) => {
    let struck = 0;
    // In the world of seed 8 faults begin with the first boot.
    for (const seed of [1, 2, 8]) {
      const options = { ...DEFAULT_RUN, seed, faultsMs: 8000, faults: kind };
      const { faults, violations } = await runSimulation(options);
      expect(violations).toEqual([]);
      struck += faults[kind] ?? 0;
    }
    // To start a node that is down needs another fault first.
    if (kind !== "restart") expect(struck).toBeGreaterThan(0);
  });

  it("delays a few syncs of one file", async () => {
    const options = { ...DEFAULT_RUN, seed: 1, faultsMs: 8000, faults: "late-sync" };
    const { faults, violations } = await runSimulation(options);
    expect(violations).toEqual([]);
    expect(faults["late-sync"]).toBeGreaterThan(0);
  });

  it("sends a snapshot again while it is being installed", async () => {
    const options = { ...DEFAULT_RUN, seed: 12, faults: "wipe,absence,snapshot-again" };
    const { faults, rareStates, violations } = await runSimulation(options, TRIMMED);
    expect(violations).toEqual([]);
    expect(faults["snapshot-again"]).toBeGreaterThan(0);
    expect(rareStates).toMatchObject({ "snapshot.received": expect.any(Number) });
    expect(rareStates).toMatchObject({ "snapshot.refused": expect.any(Number) });
  });

  /** Where it counts, what a majority has acknowledged is lost (d01 of the planted bugs). */
  it("hands leadership over while an old denial is on its way, and nothing is cut", async () => {
    const options = { ...DEFAULT_RUN, nodes: 5, seed: 2, faultsMs: 12_000, faults: "old-denial" };
    const { faults, rareStates, violations } = await runSimulation(options);
    expect(violations).toEqual([]);
    expect(faults["old-denial"]).toBeGreaterThan(0);
    expect(rareStates).toMatchObject({ "entry.damaged": expect.any(Number) });
    expect(rareStates).not.toHaveProperty("entry.discarded");
  });

  it("leaves out strikes by number, and the others stay what they were", async () => {
    const options = { ...DEFAULT_RUN, seed: 6, faultsMs: 5000 };
    const told = async (skip: readonly number[]) => {
      const { story } = await runSimulation({ ...options, skip });
      return story.flatMap((event) =>
        "world" in event && event.world.startsWith("fault ")
          ? [`${event.facts?.["number"]} ${event.world}`]
          : [],
      );
    };
    const all = await told([]);
    expect(await told([1, 3])).toEqual(all.filter((line) => !/^[13] /.test(line)));
  });

  it("knows mixes and kinds by name, and names them all when asked for another", () => {
    expect(parseFaults("none")).toEqual([]);
    expect(parseFaults("kill, pause").map(({ name }) => name)).toEqual(["kill", "pause"]);
    expect(() => parseFaults("kil")).toThrow(/no fault or mix is called "kil".*power-loss/);
    expect(new Set(FAULT_KINDS.map(({ name }) => name)).size).toBe(FAULT_KINDS.length);
  });
});
