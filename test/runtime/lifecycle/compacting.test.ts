import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import { ALL_LOST } from "../../../src/sim/disk/fate.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import { SmallCluster } from "./small-cluster.ts";

describe("compaction", () => {
  const settings = {
    cleanupPolicy: "compact" as const,
    snapshotMaxRecordBytes: 6000,
    minCleanableDirtyRatio: 0,
    deleteRetentionMs: 0,
  };

  it("keeps on every node what a map of the same records keeps", async () => {
    const cluster = await SmallCluster.started(11, settings);
    const map = new Map<string, string>();
    for (let i = 0; i < 150; i++) {
      const key = `k${(i * i) % 23}`;
      const value = i % 11 === 3 ? undefined : `${i}|${"x".repeat(i % 150)}`;
      await cluster.append(key, value);
      if (value === undefined) map.delete(key);
      else map.set(key, value);
    }
    await cluster.agreed();
    await cluster.world.runFor(10_000);
    for (const node of cluster.nodes) {
      const records = await cluster.records(node);
      expect(records.length).toBeLessThan(100);
      expect(new Set(records.map(({ offset }) => offset)).size).toBe(records.length);
      const read = new Map<string | undefined, string>();
      for (const { key, value } of records)
        if (value === undefined) read.delete(key);
        else read.set(key, value);
      expect(read).toEqual(map);
      expect(node.status().segments[0]?.firstIndex).toBeGreaterThan(1);
    }
  });

  it("brings a wiped node back with the compacted segments and what they hold", async () => {
    const cluster = await SmallCluster.started(12, settings);
    await cluster.fill(100);
    const host = await cluster.follower();
    cluster.world.kill(host);
    Object.assign(host, { disk: new SimDisk() });
    await cluster.fill(100);
    await cluster.world.runFor(5000);
    const node = await cluster.restarted(host);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    expect(node.status().voter).toBe(false);
    const leader = await cluster.leader();
    const [ours, theirs] = [await cluster.records(node), await cluster.records(leader)];
    const newest = (records: typeof ours) => new Map(records.map(({ key, value }) => [key, value]));
    expect(newest(ours)).toEqual(newest(theirs));
    expect(node.lifecycle.outlook()[0]).toMatchObject({ reason: "compacted" });
  });

  /** An operator who wants it compacted now lowers the ratio; that alone must do. */
  it("leaves what is hardly dirty where it is, until the ratio is lowered", async () => {
    const cluster = await SmallCluster.started(16, { ...settings, snapshotMaxRecordBytes: 1e6 });
    const leader = await cluster.leader();
    await cluster.fill(100);
    const compacted = await cluster.result(leader.lifecycle.triggerSnapshot());
    const firstIndex = () => leader.status().segments[0]?.firstIndex ?? 0;
    await cluster.until("the log is compacted", () => firstIndex() > compacted);
    await cluster.result(leader.lifecycle.changeSettings({ minCleanableDirtyRatio: 0.9 }));
    await cluster.append("one more", "x");
    const waiting = await cluster.result(leader.lifecycle.triggerSnapshot());
    expect(waiting).toBeGreaterThan(compacted);
    await cluster.world.runFor(10_000);
    expect(firstIndex()).toBe(compacted + 1);
    await cluster.result(leader.lifecycle.changeSettings({ minCleanableDirtyRatio: 0 }));
    await cluster.until("the rest is compacted too", () => firstIndex() > waiting);
  });

  /**
   * Found by reading: the log was replaced at once, its compacted prefix once the hard state was
   * durable. Who asked for the log's start in between began behind all that is compacted.
   */
  it("leaves the log start where it is while a snapshot takes the place of the log", async () => {
    const cluster = await SmallCluster.started(15, settings);
    await cluster.fill(20);
    const host = await cluster.follower();
    cluster.world.kill(host);
    await cluster.fill(100);
    await cluster.world.runFor(5000);
    const node = await cluster.restarted(host);
    const starts = new Set<number>();
    await cluster.until("it has installed a snapshot", () => {
      starts.add(node.status().logStartOffset);
      return (node.status().segments[0]?.firstIndex ?? 0) > 20 && node.healthy;
    });
    await cluster.world.runFor(1000);
    expect([...starts]).toEqual([0]);
  });

  it("still tells where a record lies, and what came at or after a time", async () => {
    const cluster = await SmallCluster.started(13, settings);
    await cluster.fill(150);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    const leader = await cluster.leader();
    const [first] = await cluster.records(leader);
    const offset = Offset(first?.offset ?? -1);
    const place = await cluster.result(leader.locate(Offset(0)));
    expect(place).toMatchObject({ baseOffset: offset });
    expect(place.file).toMatch(/\.compacted$/);
    expect(await cluster.result(leader.offsetAtTime(place.timestamp))).toBe(offset);
  });

  it("goes on after a crash of all nodes, and a trim drops compacted segments, too", async () => {
    const cluster = await SmallCluster.started(14, {
      ...settings,
      cleanupPolicy: "compact,delete",
    });
    await cluster.fill(100);
    for (const host of cluster.world.hosts) cluster.world.crash(host, ALL_LOST);
    for (const host of cluster.world.hosts) cluster.world.start(host);
    await cluster.fill(100);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    const leader = await cluster.leader();
    const { highWatermark } = leader.status();
    expect(await cluster.result(leader.lifecycle.trim(Offset(highWatermark + 50)))).toBe(
      highWatermark,
    );
    await cluster.until("nothing is compacted any more", () =>
      cluster.nodes.every((node) =>
        node.lifecycle.outlook().every(({ reason }) => reason !== "compacted"),
      ),
    );
    await cluster.agreed();
    expect(new Set(cluster.starts)).toEqual(new Set([highWatermark]));
  });
});
