import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/common/random.ts";
import { prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { RevivedCluster } from "../../../src/sim/matrix/revived-cluster.ts";
import { scatterDamage } from "../../../src/sim/matrix/scattered-damage.ts";
import { whyNotWhole } from "../../../src/sim/matrix/wholeness.ts";

describe("damage on every node at once", () => {
  it("is repaired when each place is intact somewhere: frames, rows, footers, records", async () => {
    const image = await prepareImage();
    const failures: string[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const cluster = new RevivedCluster(image, seed);
      const done = scatterDamage(cluster, seededRandom(seed));
      cluster.start();
      await cluster.world.runFor(4000);
      const failure = await whyNotWhole(cluster);
      if (failure !== undefined) failures.push(`seed ${seed}: ${failure}\n  ${done.join("\n  ")}`);
    }
    expect(failures).toEqual([]);
  }, 120_000);
});
