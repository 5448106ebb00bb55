import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import { ALL_LOST } from "../../../src/sim/disk/fate.ts";
import type { SimHost } from "../../../src/sim/host.ts";
import { SmallCluster } from "./small-cluster.ts";

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

describe("retention by bytes", () => {
  it("bounds the log on all nodes at the same log start", async () => {
    const cluster = await SmallCluster.started(1, { retentionBytes: 6000 });
    await cluster.fill(120);
    await cluster.agreed();
    await cluster.world.runFor(5000);
    const [first = 0, ...others] = cluster.starts;
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

  it("is looked at whenever a segment is sealed, however fast they come", async () => {
    const cluster = await SmallCluster.started(1, { retentionBytes: 6000 });
    let most = 0;
    for (let i = 0; i < 120; i++) {
      await cluster.fill(1);
      most = Math.max(most, ...cluster.nodes.map((node) => cluster.logBytes(node)));
    }
    expect(most).toBeLessThan(6000 + 3 * 2048);
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

describe("segments in which nothing was appended, before the first record", () => {
  // Seed 126 of the wipes: nothing moves the log start there, so they stayed beyond every limit.
  it("go as well, by bytes, and the log still starts at offset 0", async () => {
    const cluster = await SmallCluster.started(24, { retentionBytes: 3000 });
    const grown = async (entries: number) => {
      for (let i = 0; i < entries; i++) {
        const leader = await cluster.leader();
        const changes = { snapshotMaxIntervalMs: 1_000_000 + i };
        await cluster.result(leader.lifecycle.changeSettings(changes));
      }
      await cluster.agreed();
      await cluster.world.runFor(3000);
    };
    await grown(60);
    for (const node of cluster.nodes) {
      expect(node.status().raft?.prev.index).toBeGreaterThan(0);
      expect(cluster.logBytes(node)).toBeLessThan(3000 + 2 * 2048);
    }
    expect(cluster.starts).toEqual([0, 0, 0]);
    const host = await cluster.follower();
    cluster.world.kill(host);
    await grown(60);
    await cluster.append("first", "record");
    await cluster.restarted(host);
    await cluster.agreed();
    for (const node of cluster.nodes)
      expect(await cluster.records(node)).toEqual([{ offset: 0, key: "first", value: "record" }]);
    expect(host.halted).toBeUndefined();
  });
});

describe("retention by age", () => {
  it("empties a log that nobody writes to, and starts its segment anew for it", async () => {
    const cluster = await SmallCluster.started(3, { retentionMs: 30_000 });
    await cluster.fill(15);
    await cluster.world.runFor(20_000);
    expect(cluster.starts).toEqual([0, 0, 0]);
    await cluster.until("all records are gone", () =>
      cluster.starts.every((start) => start === 15),
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
    expect(cluster.starts).toEqual([0, 0, 0]);
    const sealed = leader.lifecycle.outlook().find(({ reason }) => reason === "retained");
    expect(sealed?.explanation).toBe(
      "retention.ms keeps 30s, but the leader's clock is not trusted",
    );
    cluster.host(leader.nodeId).wallSkewMs = 0;
    await cluster.until("all records are gone", () =>
      cluster.starts.every((start) => start === 15),
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
    const node = await cluster.restarted(host);
    const opened = cluster.world.trace.findLast(
      ({ event, node: at, facts }) =>
        event === "log.opened" && at === host.nodeId && facts["checkpoint"] !== undefined,
    );
    const sealed = node.status().segments.findLast(({ state }) => state === "sealed");
    expect(opened?.facts["checkpoint"]).toBe(sealed?.lastIndex);
    expect(node.status().logStartOffset).toBe(before?.logStartOffset);
    await cluster.fill(40);
    await cluster.agreed();
    await cluster.until("all start at the same offset", () => new Set(cluster.starts).size === 1);
  });

  it("of all nodes at once loses nothing of what the log says", async () => {
    const cluster = await SmallCluster.started(6, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const [start] = cluster.starts;
    expect((await cluster.leader()).lifecycle.settings()?.retentionBytes).toBe(6000);
    for (const host of cluster.world.hosts) cluster.world.crash(host, ALL_LOST);
    for (const host of cluster.world.hosts) cluster.world.start(host);
    await cluster.leader();
    await cluster.agreed();
    expect(cluster.starts).toEqual([start, start, start]);
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
    await cluster.restarted(host);
    await cluster.world.runFor(1000);
    expect(cluster.world.trace.filter(({ event }) => event === "snapshot.damaged")).toMatchObject([
      { node: host.nodeId, facts: { file: older?.split("/").at(-1) } },
    ]);
    expect(host.disk.readFile(older ?? "")).toEqual(intact);
    expect(checkpointFiles(host).at(-1)).toBe(newest);
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
    await cluster.restarted(host);
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
