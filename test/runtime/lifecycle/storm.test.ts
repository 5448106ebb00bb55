import { describe, expect, it } from "vitest";
import { randomInteger } from "../../../src/common/random.ts";
import { randomFates } from "../../../src/sim/disk/fate.ts";
import type { LogSettings } from "../../../src/statemachine/settings.ts";
import { SmallCluster } from "./small-cluster.ts";

/** SEEDS=200 npx vitest run test/runtime/lifecycle/storm.test.ts looks longer. */
const SEEDS = Number(process.env["SEEDS"] ?? 4);
const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);

const COMPACTING = { minCleanableDirtyRatio: 0, deleteRetentionMs: 0 };
const POLICIES: readonly (readonly [string, Partial<LogSettings>])[] = [
  ["delete by bytes", { retentionBytes: 5000 }],
  ["delete by age", { retentionMs: 4000, segmentMs: 1000 }],
  ["compact", { ...COMPACTING, cleanupPolicy: "compact", snapshotMaxRecordBytes: 5000 }],
  [
    "compact,delete",
    {
      ...{ ...COMPACTING, cleanupPolicy: "compact,delete", snapshotMaxRecordBytes: 4000 },
      ...{ retentionBytes: 12_000, compactionStrategy: "merge" },
    },
  ],
];

/** Nodes die and come back, by kill and by power loss, while the log comes and goes. */
class Storm {
  readonly cluster: SmallCluster;
  readonly newest = new Map<string, string>();
  #appended = 0;

  constructor(cluster: SmallCluster) {
    this.cluster = cluster;
  }

  async rage(rounds: number): Promise<void> {
    const { world } = this.cluster;
    for (let round = 0; round < rounds; round++) {
      await this.#append(randomInteger(world.random, 5, 30));
      const host = world.hosts[randomInteger(world.random, 0, 2)];
      if (host?.life.alive !== true) continue;
      if (world.random.next() < 0.5) world.kill(host);
      else world.crash(host, randomFates(world.random));
      if (world.random.next() < 0.6) await this.#append(randomInteger(world.random, 1, 60));
      await world.runFor(randomInteger(world.random, 0, 3000));
      world.start(host);
      await world.runFor(randomInteger(world.random, 0, 1500));
    }
  }

  async calm(): Promise<void> {
    const { cluster } = this;
    await this.#append(3);
    await cluster.agreed();
    await cluster.world.runFor(15_000);
    await cluster.agreed();
  }

  async #append(count: number): Promise<void> {
    const { random } = this.cluster.world;
    for (let i = 0; i < count; i++) {
      const key = `k${randomInteger(random, 0, 11)}`;
      const value = `${++this.#appended}|${"x".repeat(randomInteger(random, 1, 180))}`;
      await this.cluster.append(key, value);
      this.newest.set(key, value);
    }
  }
}

describe.each(POLICIES)("a storm under %s", (_policy, settings) => {
  it(`leaves the same log on all nodes, and nobody halted (${SEEDS} seeds)`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const cluster = await SmallCluster.started(seed, settings);
      const storm = new Storm(cluster);
      await storm.rage(8);
      await storm.calm();
      const { nodes, world } = cluster;
      expect(
        world.hosts.map(({ halted }) => halted?.message),
        `seed ${seed}`,
      ).toEqual([...[undefined, undefined, undefined]]);
      const starts = nodes.map((node) => node.status().logStartOffset);
      expect(new Set(starts).size, `seed ${seed}: ${starts.join()}`).toBe(1);
      const logs = [];
      for (const node of nodes) logs.push(await cluster.records(node));
      const newest = logs.map((log) => new Map(log.map(({ key, value }) => [key, value])));
      expect(newest[1], `seed ${seed}`).toEqual(newest[0]);
      expect(newest[2], `seed ${seed}`).toEqual(newest[0]);
      if (settings.cleanupPolicy === "compact")
        expect(newest[0], `seed ${seed}`).toEqual(storm.newest);
      const kept = nodes.map((node) => node.lifecycle.outlook().length);
      expect(Math.max(...kept), `seed ${seed}`).toBeLessThan(20);
    }
  });
});
