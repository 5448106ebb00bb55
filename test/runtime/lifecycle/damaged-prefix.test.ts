import { describe, expect, it } from "vitest";
import { type TraceEvent } from "../../../src/common/trace.ts";
import type { SimHost } from "../../../src/sim/host.ts";
import { SmallCluster } from "./small-cluster.ts";

function logFiles(host: SimHost): ReadonlyMap<string, string> {
  const files = host.disk.files().filter((path) => path.endsWith(".log"));
  return new Map(
    files.map((path) => [path, Buffer.from(host.disk.readFile(path)).toString("hex")]),
  );
}

function told(cluster: SmallCluster, host: SimHost, event: string): readonly TraceEvent[] {
  return cluster.world.trace.filter((one) => one.node === host.nodeId && one.event === event);
}

/** The second segment's first frame, and what makes a boot read all of it: the footer. */
function damage(host: SimHost, { footer }: { readonly footer: boolean }): void {
  const path = [...logFiles(host).keys()][1] ?? "";
  host.disk.flip(path, 120);
  if (footer) host.disk.flip(path, host.disk.readFile(path).length - 10);
}

async function removeCheckpoints(host: SimHost): Promise<void> {
  const fileSystem = host.disk.mount();
  for (const path of host.disk.files())
    if (path.endsWith(".checkpoint")) await fileSystem.unlink(path);
  for (const path of host.disk.files())
    if (path.endsWith("identity.0"))
      await fileSystem.syncDirectory(path.replace("identity.0", "snapshots"));
  host.disk.kill();
}

/** It comes back, and ends with the leader's bytes; what followed the snapshot was never cut. */
async function expectEqualEnd(cluster: SmallCluster, host: SimHost): Promise<void> {
  const before = logFiles(host);
  await cluster.restarted(host);
  await cluster.until(`${host.nodeId} installed a snapshot`, () =>
    told(cluster, host, "snapshot.installed").some(({ facts }) => facts["keepSuffix"] === true),
  );
  // The segment that was written then has gone on.
  const kept = [...logFiles(host)].filter(([path, bytes]) =>
    bytes.startsWith(before.get(path) ?? "none"),
  );
  expect(kept.length).toBeGreaterThan(0);
  await cluster.fill(3);
  await cluster.agreed();
  await cluster.until("nothing is damaged any more", () => {
    const { raft } = host.node?.status() ?? {};
    return raft?.firstFaulty === undefined && raft?.durableIndex === raft?.lastIndex;
  });
  await cluster.world.runFor(5000);
  expect(told(cluster, host, "log.truncated")).toEqual([]);
  const leader = cluster.host((await cluster.leader()).nodeId);
  expect([...logFiles(host)]).toEqual([...logFiles(leader)]);
  const { node } = host;
  if (node === undefined) throw new Error("it runs");
  expect(await cluster.records(node)).toEqual(await cluster.records(await cluster.leader()));
  expect(host.halted).toBeUndefined();
}

describe("a follower with damage that no other log reaches back to", () => {
  it("is given a snapshot in the place of what it has not applied", async () => {
    const cluster = await SmallCluster.started(21, {});
    await cluster.fill(60);
    await cluster.agreed();
    await cluster.world.runFor(1000);
    const host = await cluster.follower();
    cluster.world.kill(host);
    damage(host, { footer: true });
    await cluster.result(removeCheckpoints(host));
    const leader = await cluster.leader();
    await cluster.result(leader.lifecycle.changeSettings({ retentionBytes: 6000 }));
    await cluster.fill(3);
    await cluster.until("the others have trimmed", () =>
      cluster.nodes.every((node) => (node.status().raft?.prev.index ?? 0) > 22),
    );
    await expectEqualEnd(cluster, host);
  });

  it("is given the compacted segments that it cannot make itself", async () => {
    const cluster = await SmallCluster.started(22, {}, { scrubBytesPerSecond: 1 << 20 });
    await cluster.fill(15);
    const host = await cluster.follower();
    await cluster.fill(60);
    await cluster.agreed();
    cluster.world.kill(host);
    damage(host, { footer: true });
    const leader = await cluster.leader();
    const changes = { cleanupPolicy: "compact", minCleanableDirtyRatio: 0 } as const;
    await cluster.result(
      leader.lifecycle.changeSettings({ ...changes, snapshotMaxIntervalMs: 1000 }),
    );
    await cluster.until("the others have compacted", () =>
      cluster.nodes.every((node) => (node.status().raft?.prev.index ?? 0) > 22),
    );
    await expectEqualEnd(cluster, host);
  });
});

describe("a node with damage that no other log reaches back to, and the longest log of all", () => {
  // The others need its vote, and their logs are shorter; it leads, and cannot begin.
  it("is given a snapshot by who follows it, and what follows stays", async () => {
    const cluster = await SmallCluster.started(23, {});
    const host = await cluster.follower();
    // Without a checkpoint it lets nothing go.
    host.disk.fault({ operation: "create", path: /checkpoint/, effect: "hang", times: 1000 });
    await cluster.fill(60);
    const leader = await cluster.leader();
    await cluster.result(leader.lifecycle.changeSettings({ retentionBytes: 6000 }));
    await cluster.fill(3);
    const others = cluster.world.hosts.filter((one) => one !== host);
    const begins = ({ node }: SimHost) => node?.status().raft?.prev.index ?? 0;
    await cluster.until("the others have trimmed", () => others.every((one) => begins(one) > 22));
    await cluster.agreed();
    const [shorter = host, longest = host] = others;
    cluster.world.kill(shorter);
    await cluster.fill(3);
    await cluster.agreed();
    for (const one of [host, longest]) cluster.world.kill(one);
    host.disk.clearFaults();
    damage(host, { footer: true });
    for (const one of [host, shorter]) await cluster.restarted(one);
    expect(host.node?.status().raft?.firstFaulty).toBeLessThan(begins(shorter));
    await cluster.append("after", "all");
    expect(told(cluster, host, "snapshot.installed")).toMatchObject([
      { facts: { keepSuffix: true } },
    ]);
    const kept = (await cluster.leader()).status().nextOffset;
    await cluster.restarted(longest);
    await cluster.agreed();
    for (const { node, halted } of cluster.world.hosts) {
      expect(halted).toBeUndefined();
      expect(node?.status()).toMatchObject({ nextOffset: kept, raft: { firstFaulty: undefined } });
      expect(told(cluster, host, "log.truncated")).toEqual([]);
      if (node !== undefined)
        expect(await cluster.records(node)).toEqual(await cluster.records(await cluster.leader()));
    }
  });
});
