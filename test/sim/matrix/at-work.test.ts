import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { isLeader } from "../../../src/sim/host.ts";
import { type ClusterImage, prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { entriesOf } from "../../../src/sim/matrix/matrix-variants.ts";
import { RevivedCluster } from "../../../src/sim/matrix/revived-cluster.ts";
import type { WorldOptions } from "../../../src/sim/world-options.ts";
import { delegating } from "../../support/delegating-transport.ts";
import { whyNotWhole } from "../../../src/sim/matrix/wholeness.ts";

async function atWork(image: ClusterImage, seed: number): Promise<RevivedCluster> {
  const cluster = new RevivedCluster(image, seed);
  cluster.start();
  await cluster.world.runUntil(() => cluster.acknowledged.length > 3, 30_000);
  return cluster;
}

function told(cluster: RevivedCluster, nodeId: string, event: string): boolean {
  return cluster.world.trace.some((one) => one.node === nodeId && one.event === event);
}

/** For its first `ms` nobody gets an answer to what it fetches: a node may be elected meanwhile. */
function withoutFetching(image: ClusterImage, ms: number): ClusterImage {
  const ports: WorldOptions["ports"] = (_nodeId, given) => {
    const { transport, clock } = given;
    const fetching = delegating(transport, {
      fetch: (peer, request, timeoutMs) =>
        clock.nowMs() < ms
          ? Promise.reject(new Error("no answer"))
          : transport.fetch(peer, request, timeoutMs),
    });
    return { ...given, transport: fetching };
  };
  return { ...image, options: { ...image.options, ports } };
}

describe("damage that is met at work", () => {
  it("is found by the scrubber and repaired while appends go on", async () => {
    const image = await prepareImage();
    for (const nodeId of ["n1", "n2", "n3"]) {
      const cluster = await atWork(image, 3);
      const { disk } = cluster.host(nodeId);
      for (const { file, position } of entriesOf(image, "sealed")) disk.flip(file, position + 100);
      const before = cluster.acknowledged.length;
      await cluster.world.runUntil(() => told(cluster, nodeId, "segment.rebuilt"), 10_000);
      expect(told(cluster, nodeId, "entry.damaged")).toBe(true);
      expect(told(cluster, nodeId, "entry.repaired")).toBe(true);
      expect(cluster.acknowledged.length).toBeGreaterThan(before);
      expect(await whyNotWhole(cluster)).toBeUndefined();
    }
  });

  it("is never served to a reader, who gets the record when he comes again", async () => {
    const image = await prepareImage();
    const { scrubBytesPerSecond: _, ...options } = image.options;
    const cluster = await atWork({ ...image, options }, 3);
    const host = cluster.host("n2");
    const [entry] = entriesOf(image, "sealed");
    if (entry === undefined) throw new Error("there is an entry");
    host.disk.flip(entry.file, entry.position + 100);
    const offset = Offset(entry.index - 3);
    const refusals: string[] = [];
    let text: string | undefined;
    const read = async (): Promise<void> => {
      try {
        const { run } = (await host.node?.read(offset, 1, "local")) ?? {};
        text = Buffer.concat(run?.chunks ?? []).toString("latin1");
      } catch (thrown) {
        refusals.push(thrown instanceof LogError ? thrown.code : String(thrown));
        cluster.world.time.plan(20, () => void read());
      }
    };
    void read();
    await cluster.world.runUntil(() => text !== undefined, 10_000);
    expect(new Set(refusals)).toEqual(new Set(["UNAVAILABLE"]));
    expect(text).toContain(`${image.values[offset]}|`);
    expect(await whyNotWhole(cluster)).toBeUndefined();
  });
});

describe("damage in the log of a leader", () => {
  it("below its commit index keeps it from appending anything until it is repaired", async () => {
    const image = await prepareImage();
    let repairing = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const cluster = new RevivedCluster(withoutFetching(image, 2500), seed);
      const { world } = cluster;
      for (const { file, position } of entriesOf(image, "last"))
        cluster.host("n1").disk.flip(file, position + 100);
      cluster.start();
      await world.runFor(2000);
      const began = world.trace.findIndex(
        ({ node, event }) => node === "n1" && event === "leader.repairing",
      );
      if (began >= 0) {
        repairing++;
        const { term } = world.trace[began] ?? {};
        const ofLeader = world.trace.filter((one) => one.node === "n1" && one.term === term);
        expect(ofLeader.some(({ event }) => event === "entry.appended")).toBe(false);
      }
      expect(await whyNotWhole(cluster)).toBeUndefined();
    }
    expect(repairing).toBeGreaterThan(1);
  });

  it("above it is given up once a majority denies it in the leader's own term", async () => {
    const image = await prepareImage();
    let cutByLeader = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const cluster = await atWork(image, seed);
      const { world } = cluster;
      const leader = world.running.find(isLeader);
      if (leader === undefined) throw new Error("somebody leads");
      for (const other of world.hosts)
        if (other !== leader) world.network.links.of(leader.nodeId, other.nodeId).cuts++;
      await world.runFor(200);
      const { lastIndex = 0, commitIndex = 0 } = leader.node?.status().raft ?? {};
      expect(lastIndex).toBeGreaterThan(commitIndex);
      for (const host of world.running) world.kill(host);
      const active = leader.disk.files().findLast((path) => path.endsWith(".log"));
      if (active === undefined) throw new Error("a log has a segment");
      // The payload of the last entry, which nobody else has.
      leader.disk.flip(active, leader.disk.readFile(active).length - 1);
      world.network.heal();
      for (const host of world.hosts) world.start(host);
      expect(await whyNotWhole(cluster)).toBeUndefined();
      if (told(cluster, leader.nodeId, "leader.repairing")) cutByLeader++;
    }
    expect(cutByLeader).toBeGreaterThan(0);
  });
});
