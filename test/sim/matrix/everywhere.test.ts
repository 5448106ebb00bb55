import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/common/random.ts";
import { prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { entriesOf } from "../../../src/sim/matrix/matrix-variants.ts";
import { RevivedCluster } from "../../../src/sim/matrix/revived-cluster.ts";
import { rowOf, scatterDamage } from "../../../src/sim/matrix/scattered-damage.ts";
import { whyNotWhole } from "../../../src/sim/matrix/wholeness.ts";

describe("damage on every node at once", () => {
  it("is repaired when each place is intact somewhere: frames, rows, footers", async () => {
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

  it("in both copies of an identity halts that node; the others go on", async () => {
    const cluster = new RevivedCluster(await prepareImage(), 5);
    const host = cluster.host("n2");
    for (const copy of [0, 1]) host.disk.flip(`data/identity.${copy}`, 20);
    cluster.start();
    await cluster.world.runFor(3000);
    expect(host.halted?.kind).toBe("corruption");
    expect(host.halted?.message).toContain("data/identity");
    expect(await whyNotWhole(cluster)).toBeUndefined();
  });

  it("in both copies of the hard state leaves a node that follows and has no vote", async () => {
    const cluster = new RevivedCluster(await prepareImage(), 5);
    const host = cluster.host("n2");
    for (const copy of [0, 1]) host.disk.flip(`data/hard-state.${copy}`, 20);
    cluster.start();
    await cluster.world.runFor(3000);
    expect(host.halted).toBeUndefined();
    expect(host.node?.status().voter).toBe(false);
    const granted = cluster.world.trace.some(
      ({ node, event }) => node === "n2" && event === "vote.granted",
    );
    expect(granted).toBe(false);
    expect(await whyNotWhole(cluster)).toBeUndefined();
  });

  it("in an entry and its row, which takes its name, halts that node at the place", async () => {
    const image = await prepareImage();
    const cluster = new RevivedCluster(image, 5);
    const host = cluster.host("n3");
    const [entry] = entriesOf(image, "active");
    if (entry === undefined) throw new Error("there is an entry");
    host.disk.flip(entry.file, entry.position + 10);
    host.disk.flip(...rowOf(image, entry));
    cluster.start();
    await cluster.world.runFor(3000);
    expect(host.halted?.kind).toBe("corruption");
    expect(host.halted?.message).toContain(`${entry.file}: byte ${entry.position}`);
    expect(await whyNotWhole(cluster)).toBeUndefined();
  });
});
