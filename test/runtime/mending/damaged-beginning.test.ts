import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import type { TraceEvent } from "../../../src/common/trace.ts";
import type { SimHost } from "../../../src/sim/host.ts";
import type { WorldOptions } from "../../../src/sim/world-options.ts";
import { delegating } from "../../support/delegating-transport.ts";
import { SmallCluster } from "../lifecycle/small-cluster.ts";

const COMPACTING = { cleanupPolicy: "compact", minCleanableDirtyRatio: 0 } as const;
const SCRUBBED = { scrubBytesPerSecond: 1 << 20 };

function told(cluster: SmallCluster, host: SimHost, event: string): readonly TraceEvent[] {
  return cluster.world.trace.filter((one) => one.node === host.nodeId && one.event === event);
}

function pathsOf(host: SimHost, kind: string): readonly string[] {
  return host.disk.files().filter((path) => path.endsWith(`.${kind}`));
}

/** Three nodes whose logs are compacted up to the same entry. */
async function compacted(seed: number): Promise<SmallCluster> {
  const cluster = await SmallCluster.started(seed, COMPACTING, SCRUBBED);
  await cluster.fill(60);
  await compactMore(cluster);
  return cluster;
}

async function compactMore(cluster: SmallCluster): Promise<void> {
  const leader = await cluster.leader();
  const index = await cluster.result(leader.lifecycle.triggerSnapshot());
  await cluster.until("all are compacted", () =>
    cluster.nodes.every((node) => (node.status().raft?.prev.index ?? 0) >= index),
  );
  await cluster.agreed();
}

async function expectMended(cluster: SmallCluster, host: SimHost): Promise<void> {
  await cluster.until("it is mended", () => told(cluster, host, "snapshot.mended").length > 0);
  expect(host.halted).toBeUndefined();
  const { node } = host;
  if (node === undefined) throw new Error("it runs");
  const others = cluster.nodes.find(({ nodeId }) => nodeId !== host.nodeId);
  if (others === undefined) throw new Error("others run");
  await cluster.agreed();
  expect(await cluster.records(node)).toEqual(await cluster.records(others));
  expect(host.disk.files().filter((path) => path.includes("mending"))).toEqual([]);
}

describe("a node whose compacted prefix is damaged", () => {
  it("mends a file that rots from one that has it, and compacts on", async () => {
    const cluster = await compacted(41);
    const host = await cluster.follower();
    const [path = ""] = pathsOf(host, "compacted");
    host.disk.flip(path, 120);
    await expectMended(cluster, host);
    expect(told(cluster, host, "snapshot.damaged")).toHaveLength(1);
    expect(told(cluster, host, "snapshot.installed")).toEqual([]);
    expect(told(cluster, host, "log.truncated")).toEqual([]);
    const runs = told(cluster, host, "compaction.finished").length;
    await cluster.fill(40);
    await compactMore(cluster);
    expect(told(cluster, host, "compaction.finished").length).toBeGreaterThan(runs);
    await cluster.world.runFor(5000);
    expect(told(cluster, host, "snapshot.mended")).toHaveLength(1);
  });

  it.each(["compacted", "manifest"])("starts without its %s, and mends it", async (kind) => {
    const cluster = await compacted(42);
    const host = await cluster.follower();
    cluster.world.kill(host);
    host.disk.remove(pathsOf(host, kind)[0] ?? "");
    await cluster.fill(3);
    await cluster.restarted(host);
    await expectMended(cluster, host);
    cluster.world.kill(host);
    await cluster.restarted(host);
    await cluster.agreed();
    expect(host.halted).toBeUndefined();
  });

  it("mends its own although it leads, and leads on", async () => {
    const cluster = await compacted(43);
    const leader = await cluster.leader();
    const host = cluster.host(leader.nodeId);
    host.disk.flip(pathsOf(host, "compacted")[0] ?? "", 120);
    await expectMended(cluster, host);
    expect((await cluster.leader()).nodeId).toBe(host.nodeId);
  });

  it("takes another node's prefix where that reaches further by now", async () => {
    const cluster = await compacted(44);
    const host = await cluster.follower();
    const others = cluster.world.hosts.filter((one) => one !== host);
    cluster.world.kill(host);
    await cluster.fill(2);
    host.disk.cut(pathsOf(host, "compacted")[0] ?? "", 200);
    // They have let go of the bytes that are damaged there.
    await cluster.fill(30);
    await compactMore(cluster);
    expect(others).toHaveLength(2);
    await cluster.restarted(host);
    await cluster.until("it is whole", () => {
      const happened = ["snapshot.mended", "snapshot.installed"];
      return happened.some((event) => told(cluster, host, event).length > 0);
    });
    await cluster.agreed();
    const { node } = host;
    if (node === undefined) throw new Error("it runs");
    const leader = await cluster.leader();
    await cluster.until("as far as the others", () => {
      return node.status().raft?.prev.index === leader.status().raft?.prev.index;
    });
    expect(await cluster.records(node)).toEqual(await cluster.records(leader));
  });

  it("names what nobody has any more, serves nothing of it, and lives on", async () => {
    const cluster = await compacted(45);
    for (const host of cluster.world.hosts)
      host.disk.flip(pathsOf(host, "compacted")[0] ?? "", 120);
    await cluster.until("all have noticed", () =>
      cluster.world.hosts.every((host) => told(cluster, host, "snapshot.damaged").length > 0),
    );
    await cluster.world.runFor(20_000);
    await cluster.fill(3);
    await cluster.agreed();
    for (const host of cluster.world.hosts) {
      expect(host.halted).toBeUndefined();
      expect(told(cluster, host, "snapshot.mended")).toEqual([]);
      const read = host.node?.read(Offset(0), 4096, "local");
      if (read === undefined) throw new Error("it runs");
      await expect(cluster.result(read)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    }
    // One whole copy is enough for all.
    const [first, ...others] = cluster.world.hosts;
    if (first === undefined) throw new Error("there are three");
    first.disk.flip(pathsOf(first, "compacted")[0] ?? "", 120);
    cluster.world.kill(first);
    await cluster.restarted(first);
    for (const host of others) await expectMended(cluster, host);
  });
});

describe("a leader whose checkpoint at its log's start is damaged", () => {
  it("fetches it, so that it can send the snapshot that a wiped node needs", async () => {
    const cluster = await SmallCluster.started(46, { retentionBytes: 8000 });
    await cluster.fill(120);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const host = cluster.host((await cluster.leader()).nodeId);
    const prev = host.node?.status().raft?.prev.index ?? 0;
    expect(prev).toBeGreaterThan(0);
    const name = `${String(prev).padStart(20, "0")}.checkpoint`;
    host.disk.flip(pathsOf(host, "checkpoint").find((path) => path.endsWith(name)) ?? "", 60);
    const wiped = await cluster.follower();
    cluster.world.kill(wiped);
    wiped.disk.wipe();
    await cluster.restarted(wiped);
    await cluster.until("it has all", () => told(cluster, wiped, "snapshot.installed").length > 0);
    await cluster.agreed();
    expect(told(cluster, host, "snapshot.mended")).toHaveLength(1);
    const [installed] = told(cluster, wiped, "snapshot.installed");
    expect(installed?.facts["lastIndex"]).toBe(prev);
    const { node } = wiped;
    if (node === undefined || host.node === undefined) throw new Error("both run");
    expect(await cluster.records(node)).toEqual(await cluster.records(host.node));
  });
});

describe("a node that has no checkpoint any more to start from", () => {
  async function trimmed(seed: number, options: Partial<WorldOptions> = {}) {
    const cluster = await SmallCluster.started(seed, { retentionBytes: 8000 }, options);
    await cluster.fill(120);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const host = await cluster.follower();
    cluster.world.kill(host);
    for (const path of pathsOf(host, "checkpoint")) host.disk.flip(path, 60);
    return { cluster, host };
  }

  it("fetches the one at its log's start, and keeps its vote", async () => {
    const { cluster, host } = await trimmed(47);
    const node = await cluster.restarted(host);
    await cluster.agreed();
    expect(host.halted).toBeUndefined();
    expect(told(cluster, host, "snapshot.mended")).toHaveLength(1);
    expect(told(cluster, host, "snapshot.installed")).toEqual([]);
    expect(node.status().voter).toBe(true);
    expect(await cluster.records(node)).toEqual(await cluster.records(await cluster.leader()));
  });

  it("halts with the files' names where nobody gives it", async () => {
    const fetchPiece = () => Promise.resolve(undefined);
    const ports: WorldOptions["ports"] = (_nodeId, given) => ({
      ...given,
      transport: delegating(given.transport, { fetchPiece }),
    });
    const { cluster, host } = await trimmed(48, { ports });
    await cluster.restarted(host);
    expect(host.halted).toMatchObject({ kind: "corruption" });
    for (const path of pathsOf(host, "checkpoint"))
      expect(host.halted?.message).toContain(path.split("/").at(-1));
  });
});
