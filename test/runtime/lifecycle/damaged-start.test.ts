import { describe, expect, it } from "vitest";
import type { SimHost } from "../../../src/sim/host.ts";
import { SmallCluster } from "./small-cluster.ts";

function prevOf(host: SimHost): number {
  return host.node?.status().raft?.prev.index ?? 0;
}

/** Name of the checkpoint that the log of `host` begins at. */
function startCheckpoint(host: SimHost, prev: number): string {
  const name = `${String(prev).padStart(20, "0")}.checkpoint`;
  const path = host.disk.files().find((file) => file.endsWith(name));
  if (path === undefined) throw new Error(`${host.nodeId} has no ${name}`);
  return path;
}

describe("a node whose checkpoint at the log's start is damaged", () => {
  // The state at a later start is made of that one, unless a newer checkpoint is there: they stay
  // as long as nothing can go.
  it("lets its log's prefix go on nevertheless", async () => {
    const cluster = await SmallCluster.started(31, { retentionBytes: 12_000 });
    await cluster.fill(120);
    await cluster.agreed();
    const host = await cluster.follower();
    await cluster.until("it has trimmed", () => prevOf(host) > 0);
    await cluster.world.runFor(3000);
    const prev = prevOf(host);
    cluster.world.kill(host);
    host.disk.flip(startCheckpoint(host, prev), 60);
    await cluster.restarted(host);
    await cluster.fill(150);
    await cluster.agreed();
    await cluster.until("its log begins later", () => prevOf(host) > prev);
    const leader = cluster.host((await cluster.leader()).nodeId);
    await cluster.until("it keeps no more than others", () => prevOf(host) >= prevOf(leader));
    expect(host.halted).toBeUndefined();
  });
});
