import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/common/random.ts";
import { ALL_KEPT, ALL_LOST, randomFates } from "../../../src/sim/disk/index.ts";
import { type ClusterImage, prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { entriesOf } from "../../../src/sim/matrix/matrix-variants.ts";
import { RevivedCluster } from "../../../src/sim/matrix/revived-cluster.ts";
import { whyNotWhole } from "../../../src/sim/matrix/wholeness.ts";

/** One node's copies of entries in a sealed and in the active segment are damaged. */
function damaged(image: ClusterImage): RevivedCluster {
  const cluster = new RevivedCluster(image, 9);
  for (const { file, position } of entriesOf(image, "across"))
    cluster.host("n1").disk.flip(file, position + 100);
  return cluster;
}

/** Disk operations of the damaged node until its log is whole. */
async function operationsOfRepair(image: ClusterImage): Promise<number> {
  const cluster = damaged(image);
  const { world } = cluster;
  cluster.start();
  const rebuilt = () => world.trace.some(({ event }) => event === "segment.rebuilt");
  await world.runUntil(rebuilt, 10_000);
  return cluster.host("n1").disk.operationCount;
}

describe("power loss during a repair", () => {
  it("loses nothing, at whatever operation of the disk it strikes", async () => {
    const image = await prepareImage();
    const operations = await operationsOfRepair(image);
    expect(operations).toBeGreaterThan(10);
    const failures: string[] = [];
    const fates = [() => ALL_LOST, () => ALL_KEPT, (at: number) => randomFates(seededRandom(at))];
    for (let at = 1; at <= operations; at++)
      for (const side of ["before", "after"] as const) {
        const fate = fates[at % fates.length] ?? (() => ALL_LOST);
        const cluster = damaged(image);
        const { world } = cluster;
        const host = cluster.host("n1");
        let label = "";
        void host.disk.stopAtBoundary(at, side).then((operation) => (label = operation.label));
        cluster.start();
        await world.runUntil(() => host.disk.frozen, 10_000);
        world.crash(host, fate(at));
        world.start(host);
        await world.runFor(4000);
        const failure = await whyNotWhole(cluster);
        if (failure !== undefined) failures.push(`${side} ${at} ${label}: ${failure}`);
      }
    expect(failures).toEqual([]);
  }, 300_000);
});
