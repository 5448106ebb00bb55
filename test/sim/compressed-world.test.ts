import { describe, expect, it } from "vitest";
import { COMPRESSED_MIX } from "../../src/sim/nemesis/fault-mixes.ts";
import { runSimulation } from "../../src/sim/run.ts";
import { DEFAULT_RUN, replayLine } from "../../src/sim/run-options.ts";

/** SEEDS=500 npx vitest run test/sim/compressed-world.test.ts looks longer. */
const SEEDS = Number(process.env["SEEDS"] ?? 8);
const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);

describe("a small world whose nodes compress", () => {
  it(
    `keeps its promises under every fault, damage included (${SEEDS} seeds)`,
    async () => {
      const broken: string[] = [];
      let compressed = 0;
      let struck = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const run = { ...DEFAULT_RUN, seed, faults: COMPRESSED_MIX };
        const { options, violations, story } = await runSimulation(run);
        for (const { check, message } of violations)
          broken.push(`${replayLine(options)}: ${check}: ${message}`);
        const events = story.map((told) => ("event" in told ? told.event : told.world));
        compressed += events.filter((event) => event === "segment.compressed").length;
        struck += events.filter((event) => event === "bit rot" || event === "file cut").length;
      }
      expect(broken).toEqual([]);
      expect(compressed).toBeGreaterThan(5 * SEEDS);
      expect(struck).toBeGreaterThan(0);
    },
    SEEDS * 15_000,
  );

  it("runs the same way twice", async () => {
    const options = { ...DEFAULT_RUN, seed: 5, faults: COMPRESSED_MIX };
    const [first, second] = [await runSimulation(options), await runSimulation(options)];
    expect(second.story).toEqual(first.story);
  });
});
