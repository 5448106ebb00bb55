import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import type { LogNode } from "../../../src/runtime/log-node.ts";
import { ALL_LOST } from "../../../src/sim/disk/fate.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { SimHost } from "../../../src/sim/host.ts";
import { SmallCluster } from "./small-cluster.ts";

const starts = (nodes: readonly LogNode[]) => nodes.map((node) => node.status().logStartOffset);

/** What a host's disk holds of the log, byte for byte. */
function logFiles(host: SimHost): Record<string, string> {
  const files = host.disk.files().filter((path) => path.endsWith(".log"));
  return Object.fromEntries(files.map((path) => [path, sha256(host.disk.readFile(path))]));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function checkpointFiles(host: SimHost): readonly string[] {
  return host.disk.files().filter((path) => path.endsWith(".checkpoint"));
}

async function restarted(cluster: SmallCluster, host: SimHost): Promise<LogNode> {
  cluster.world.start(host);
  await cluster.until(
    `${host.nodeId} takes part`,
    () => host.halted !== undefined || host.node?.status().raft !== undefined,
  );
  return host.node as LogNode;
}

describe("retention by bytes", () => {
  it("bounds the log on all nodes at the same log start", async () => {
    const cluster = await SmallCluster.started(1, { retentionBytes: 6000 });
    await cluster.fill(120);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    const [first = 0, ...others] = starts(cluster.nodes);
    expect(first).toBeGreaterThan(80);
    expect(others).toEqual([first, first]);
    for (const node of cluster.nodes) {
      expect(cluster.logBytes(node)).toBeGreaterThanOrEqual(6000);
      expect(cluster.logBytes(node)).toBeLessThan(6000 + 2 * 2048);
    }
    const leader = await cluster.leader();
    await expect(cluster.result(leader.read(Offset(0), 100, "local"))).rejects.toMatchObject({
      code: "OFFSET_TRIMMED",
      logStartOffset: first,
    });
    const records = await cluster.records(leader);
    expect(records.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 120 - first }, (_, at) => first + at),
    );
  });

  it("keeps three checkpoints: at the log start and the two newest", async () => {
    const cluster = await SmallCluster.started(2, { retentionBytes: 6000 });
    await cluster.fill(120);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    for (const host of cluster.world.hosts) {
      const { checkpoints, index } = host.node?.lifecycle.snapshots() ?? {};
      expect(checkpoints).toHaveLength(3);
      expect(checkpoints?.[0]?.index).toBe(index);
      expect(checkpointFiles(host)).toHaveLength(3);
    }
    const bytes = cluster.world.hosts.map((host) =>
      checkpointFiles(host).map((path) => Buffer.from(host.disk.readFile(path)).toString()),
    );
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).toEqual(bytes[0]);
  });
});

describe("retention by age", () => {
  it("empties a log that nobody writes to, and starts its segment anew for it", async () => {
    const cluster = await SmallCluster.started(3, { retentionMs: 30_000 });
    await cluster.fill(15);
    await cluster.world.runFor(20_000);
    expect(starts(cluster.nodes)).toEqual([0, 0, 0]);
    await cluster.until("all records are gone", () =>
      starts(cluster.nodes).every((start) => start === 15),
    );
    await cluster.world.runFor(60_000);
    const rolls = (await cluster.leader()).status().segments;
    expect(rolls.length).toBeLessThanOrEqual(2);
  });
});

describe("a leader whose clock is wrong", () => {
  it("lets nothing go by age, and says why", async () => {
    const cluster = await SmallCluster.started(18, { retentionMs: 30_000, segmentMs: 20_000 });
    await cluster.fill(15);
    await cluster.world.runFor(5000);
    const leader = await cluster.leader();
    cluster.host(leader.nodeId).wallSkewMs = 600_000;
    await cluster.world.runFor(25_000);
    expect(starts(cluster.nodes)).toEqual([0, 0, 0]);
    const sealed = leader.lifecycle.outlook().find(({ reason }) => reason === "retained");
    expect(sealed?.explanation).toBe(
      "retention.ms keeps 30s, but the leader's clock is not trusted",
    );
    cluster.host(leader.nodeId).wallSkewMs = 0;
    await cluster.until("all records are gone", () =>
      starts(cluster.nodes).every((start) => start === 15),
    );
  });
});

describe("an active segment", () => {
  it("is left at its age although nobody appends, once", async () => {
    const cluster = await SmallCluster.started(4, { segmentMs: 10_000 });
    await cluster.fill(3);
    await cluster.world.runFor(60_000);
    for (const node of cluster.nodes)
      expect(node.status().segments.map(({ state }) => state)).toEqual(["sealed", "active"]);
  });
});

describe("a restart", () => {
  it("begins at the newest checkpoint and goes on where it was", async () => {
    const cluster = await SmallCluster.started(5, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const host = await cluster.follower();
    const before = host.node?.status();
    cluster.world.kill(host);
    const node = await restarted(cluster, host);
    const opened = cluster.world.trace.findLast(
      ({ event, node: at, facts }) =>
        event === "log.opened" && at === host.nodeId && facts["checkpoint"] !== undefined,
    );
    const sealed = node.status().segments.findLast(({ state }) => state === "sealed");
    expect(opened?.facts["checkpoint"]).toBe(sealed?.lastIndex);
    expect(node.status().logStartOffset).toBe(before?.logStartOffset);
    await cluster.fill(40);
    await cluster.agreed();
    await cluster.until(
      "all start at the same offset",
      () => new Set(starts(cluster.nodes)).size === 1,
    );
  });

  it("of all nodes at once loses nothing of what the log says", async () => {
    const cluster = await SmallCluster.started(6, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const [start] = starts(cluster.nodes);
    expect((await cluster.leader()).lifecycle.settings()?.retentionBytes).toBe(6000);
    for (const host of cluster.world.hosts) cluster.world.crash(host, ALL_LOST);
    for (const host of cluster.world.hosts) cluster.world.start(host);
    await cluster.leader();
    await cluster.agreed();
    expect(starts(cluster.nodes)).toEqual([start, start, start]);
    await cluster.fill(30);
    await cluster.until("the log goes on shrinking", () =>
      cluster.nodes.every((node) => node.status().logStartOffset > (start ?? 0)),
    );
  });
});

describe("a damaged checkpoint", () => {
  it("is named and written anew where it can be derived", async () => {
    const cluster = await SmallCluster.started(7, {});
    await cluster.fill(60);
    await cluster.agreed();
    await cluster.world.runFor(2000);
    const host = await cluster.follower();
    cluster.world.kill(host);
    const [older, newest] = checkpointFiles(host).slice(-2);
    const intact = host.disk.readFile(older ?? "");
    host.disk.flip(older ?? "", 60);
    await restarted(cluster, host);
    await cluster.world.runFor(1000);
    expect(cluster.world.trace.filter(({ event }) => event === "snapshot.damaged")).toMatchObject([
      { node: host.nodeId, facts: { file: older?.split("/").at(-1) } },
    ]);
    expect(host.disk.readFile(older ?? "")).toEqual(intact);
    expect(checkpointFiles(host).at(-1)).toBe(newest);
  });

  it("ends the boot when the log's start is gone and no other one tells the state", async () => {
    const cluster = await SmallCluster.started(8, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const host = await cluster.follower();
    cluster.world.kill(host);
    for (const path of checkpointFiles(host)) host.disk.flip(path, 60);
    await restarted(cluster, host);
    await cluster.until("the node has halted", () => host.halted !== undefined);
    expect(host.halted).toMatchObject({ kind: "corruption" });
    expect(host.halted?.message).toContain(checkpointFiles(host)[0]?.split("/").at(-1));
  });
});

describe("a follower that was away while the log shrank", () => {
  it("comes back by a snapshot and ends with the same bytes", async () => {
    const cluster = await SmallCluster.started(9, { retentionBytes: 6000 });
    await cluster.fill(20);
    const host = await cluster.follower();
    cluster.world.kill(host);
    await cluster.fill(200);
    await cluster.world.runFor(20_000);
    await cluster.fill(10);
    expect((await cluster.leader()).status().logStartOffset).toBeGreaterThan(20);
    await restarted(cluster, host);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    const told = cluster.world.trace.filter(({ node }) => node === host.nodeId);
    expect(told.map(({ event }) => event)).toContain("snapshot.installed");
    const leader = cluster.host((await cluster.leader()).nodeId);
    expect(host.node?.status().logStartOffset).toBe(leader.node?.status().logStartOffset);
    expect(logFiles(host)).toEqual(logFiles(leader));
    expect(Object.keys(logFiles(host)).length).toBeGreaterThan(2);
  });

  it("holds the log back while it is heard of, and then only so far", async () => {
    const cluster = await SmallCluster.started(10, { retentionBytes: 4096 });
    await cluster.fill(20);
    const host = await cluster.follower();
    cluster.world.kill(host);
    await cluster.fill(50);
    const leader = await cluster.leader();
    const held = leader.lifecycle.outlook().filter(({ reason }) => reason.startsWith("held back"));
    expect(held[0]?.explanation).toMatch(/^n\d does not have it yet; 16 KiB wait at most$/);
    await cluster.fill(150);
    expect(leader.status().logStartOffset).toBeGreaterThan(20);
  });
});

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

  it("brings a wiped node back with the compacted segments, and their readers find the same", async () => {
    const cluster = await SmallCluster.started(12, settings);
    await cluster.fill(100);
    const host = await cluster.follower();
    cluster.world.kill(host);
    Object.assign(host, { disk: new SimDisk() });
    await cluster.fill(100);
    await cluster.world.runFor(5000);
    const node = await restarted(cluster, host);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    expect(node.status().voter).toBe(false);
    const leader = await cluster.leader();
    const [ours, theirs] = [await cluster.records(node), await cluster.records(leader)];
    const newest = (records: typeof ours) => new Map(records.map(({ key, value }) => [key, value]));
    expect(newest(ours)).toEqual(newest(theirs));
    expect(node.lifecycle.outlook()[0]).toMatchObject({ reason: "compacted" });
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
    expect(new Set(starts(cluster.nodes))).toEqual(new Set([highWatermark]));
  });
});

describe("an operator", () => {
  it("rolls, takes a snapshot and trims on the leader, and is sent there by the others", async () => {
    const cluster = await SmallCluster.started(15, {});
    await cluster.fill(5);
    const leader = await cluster.leader();
    const { lifecycle } = leader;
    const first = await cluster.result(lifecycle.roll());
    expect(await cluster.result(lifecycle.roll())).toBe(first);
    expect(await cluster.result(lifecycle.triggerSnapshot())).toBe(first - 1);
    await cluster.fill(5);
    expect(await cluster.result(lifecycle.triggerSnapshot())).toBeGreaterThan(first);
    expect(await cluster.result(lifecycle.trim(Offset(5)))).toBe(5);
    await cluster.until("the first segment is gone everywhere", () =>
      cluster.nodes.every((node) => node.status().segments[0]?.baseOffset === 5),
    );
    expect(await cluster.result(lifecycle.trim(Offset(2)))).toBe(5);
    const other = (await cluster.follower()).node as LogNode;
    const asks: readonly Promise<number>[] = [
      other.lifecycle.trim(Offset(7)),
      other.lifecycle.roll(),
      other.lifecycle.triggerSnapshot(),
    ];
    for (const asked of asks)
      await expect(cluster.result(asked)).rejects.toMatchObject({ code: "NOT_LEADER" });
    expect(other.lifecycle.settings()).toEqual(lifecycle.settings());
  });

  it("is refused settings that make no sense together", async () => {
    const cluster = await SmallCluster.started(16, {});
    const { lifecycle } = await cluster.leader();
    await expect(
      cluster.result(lifecycle.changeSettings({ retentionBytes: 100 })),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("retention.bytes 100 is less than one segment.bytes 2048"),
    });
  });

  it("sees what was counted and measured", async () => {
    const cluster = await SmallCluster.started(17, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const node = await cluster.leader();
    const value = (name: string, labels = {}) =>
      node
        .metrics()
        .flatMap(({ samples }) => samples)
        .find((sample) => sample.name === name && contains(sample.labels, labels))?.value;
    const { segments } = node.status();
    expect(value("balsa_segments", { state: "active" })).toBe(1);
    expect(value("balsa_log_size_bytes")).toBe(cluster.logBytes(node));
    const [sealed, rolls] = [
      value("balsa_segments_sealed_total"),
      value("balsa_segment_rolls_total"),
    ];
    expect(sealed).toBeGreaterThan(3);
    expect(rolls).toBeGreaterThanOrEqual(sealed ?? 0);
    const removed = value("balsa_segments_removed_total", { reason: "retention" });
    expect((removed ?? 0) + segments.length).toBe((sealed ?? 0) + 1);
    expect(value("balsa_retention_pressure_ratio")).toBeCloseTo(cluster.logBytes(node) / 6000);
    expect(value("balsa_snapshot_create_duration_seconds_count")).toBeGreaterThan(3);
  });
});

function contains(labels: Readonly<Record<string, string>>, some: Record<string, string>): boolean {
  return Object.entries(some).every(([name, value]) => labels[name] === value);
}
