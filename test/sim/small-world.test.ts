import { describe, expect, it } from "vitest";
import { FAULT_MIXES } from "../../src/sim/nemesis/fault-mixes.ts";
import { RARE_STATE_NAMES } from "../../src/sim/rare-states/names.ts";
import { type RunResult, runSimulation, storyLines } from "../../src/sim/run.ts";
import { DEFAULT_RUN, replayLine } from "../../src/sim/run-options.ts";
import { withLyingDisk } from "../support/lying-disk.ts";

/** SEEDS=2000 npx vitest run test/sim/small-world.test.ts looks longer. */
const SEEDS = Number(process.env["SEEDS"] ?? 300);
const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);

/** Seeds that once found a bug stay here, with their story. */
const SEEDS_WITH_A_STORY: readonly {
  readonly seed: number;
  readonly story: string;
  readonly faults?: string;
}[] = [
  {
    seed: 10_864,
    story:
      "the first leader's settings were refused, its disk being low, and never proposed again: " +
      "with space back the cluster had a leader and took no appends for ever",
  },
  { seed: 11_256, story: "the same, on another leader" },
  {
    seed: 542,
    story:
      "a compacted file was removed by its last reader and, at the same moment, as a leftover: " +
      "the second removal found nothing, and the process ended",
  },
  {
    seed: 515,
    story:
      "a node was sent compacted files that its leader had trimmed further than the checkpoint " +
      "says, and showed holes where it should have said that its log begins later",
  },
  {
    seed: 71_763,
    story:
      "one read of a manifest failed, which was taken for damage: the node compacted nothing any " +
      "more, though its files were whole",
  },
  {
    seed: 92,
    faults: "all",
    story:
      "an entry was damaged that all others had let go of: nobody could give it back, the " +
      "snapshot was refused since its last entry was there, and the node stood still for ever",
  },
  {
    seed: 91_052,
    faults: "damage",
    story: "a boot tells of a trim that was not judged, under settings that came later",
  },
];

function run(seed: number, faults = DEFAULT_RUN.faults): Promise<RunResult> {
  return runSimulation({ ...DEFAULT_RUN, seed, faults });
}

function broken({ options, violations }: RunResult): readonly string[] {
  return violations.map(({ check, message }) => `${replayLine(options)}: ${check}: ${message}`);
}

describe("a small world of three nodes", () => {
  it(
    `keeps its promises under crashes, partitions and failing disks (${SEEDS} seeds)`,
    async () => {
      const violations: string[] = [];
      const reached: Record<string, number> = {};
      const struck = new Set<string>();
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const result = await run(seed);
        violations.push(...broken(result));
        for (const [kind, times] of Object.entries(result.faults)) if (times > 0) struck.add(kind);
        for (const [state, times] of Object.entries(result.rareStates))
          reached[state] = (reached[state] ?? 0) + times;
      }
      expect(violations).toEqual([]);
      // The runs were not empty: faults struck, leaders changed, appends were left undecided.
      expect(reached["client.append.acknowledged"]).toBeGreaterThan(SEEDS * 50);
      expect(reached["unknown.found"]).toBeGreaterThan(SEEDS / 10);
      expect(reached["client.producer.found"]).toBeGreaterThan(SEEDS / 10);
      expect(reached["leader.deposed"]).toBeGreaterThan(SEEDS / 20);
      expect(reached["log.truncated"]).toBeGreaterThan(SEEDS / 20);
      expect(reached["segment.sealed"]).toBeGreaterThan(SEEDS);
      // Logs lived their lives: beginnings went, snapshots took their place, keys were compacted.
      expect(reached["log.trimmed"]).toBeGreaterThan(SEEDS);
      expect(reached["snapshot.installed"]).toBeGreaterThan(SEEDS / 30);
      expect(reached["compaction.recordsDropped"]).toBeGreaterThan(SEEDS / 10);
      expect(reached["boot.fromCheckpoint"]).toBeGreaterThan(SEEDS);
      expect(Object.keys(reached).length).toBeGreaterThan(60);
      expect(FAULT_MIXES.default.filter(({ name }) => !struck.has(name))).toEqual([]);
      // A stale leader must be asked just then: once in some thousand worlds (seed 33850).
      const behaviours = RARE_STATE_NAMES.filter(
        (name) => name.startsWith("client.") && name !== "client.producer.deposedLeader",
      );
      expect(behaviours.filter((name) => (reached[name] ?? 0) === 0)).toEqual([]);
    },
    20 * 60_000,
  );

  it.each(SEEDS_WITH_A_STORY)("seed $seed: $story", async ({ seed, faults }) => {
    expect(broken(await run(seed, faults))).toEqual([]);
  });

  it("tells the same story twice when given the same seed", async () => {
    for (const seed of [7, 8, 9]) {
      const first = await run(seed);
      const second = await run(seed);
      expect(storyLines(second.story)).toEqual(storyLines(first.story));
      expect(second.record.appends).toEqual(first.record.appends);
      expect(second.record.reads).toEqual(first.record.reads);
    }
  });

  it("notices a disk that lies about what it has synced", async () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= 20 && violations.length === 0; seed++)
      violations.push(
        ...broken(await runSimulation({ ...DEFAULT_RUN, seed }, { ports: withLyingDisk })),
      );
    expect(violations).not.toEqual([]);
  });
});
