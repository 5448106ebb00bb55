import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import type { LogSettings } from "../../../src/statemachine/settings.ts";
import { SmallCluster } from "./small-cluster.ts";

const SETTINGS: Partial<LogSettings> = {
  cleanupPolicy: "compact,delete",
  minCleanableDirtyRatio: 0,
  retentionBytes: undefined,
  retentionMs: undefined,
};

describe("a node that is sent compacted segments trimmed further than their checkpoint", () => {
  // Simulator seed 515: until it had applied the trim, its readers met holes.
  it("tells its readers at once where the log begins", async () => {
    const cluster = await SmallCluster.started(51, SETTINGS);
    const host = await cluster.follower();
    const others = cluster.world.hosts.filter((one) => one !== host);
    await cluster.fill(5, 1000);
    await cluster.agreed();
    const cut = (how: "cut" | "mend") => {
      for (const { nodeId } of others) {
        cluster.world.network[how](host.nodeId, nodeId);
        cluster.world.network[how](nodeId, host.nodeId);
      }
    };
    cut("cut");
    await cluster.fill(80, 1000);
    const leader = await cluster.leader();
    const index = await cluster.result(leader.lifecycle.triggerSnapshot());
    const running = others.flatMap(({ node }) => node ?? []);
    await cluster.until("they are compacted", () =>
      running.every((node) => (node.status().raft?.prev.index ?? 0) >= index),
    );
    const start = await cluster.result(leader.lifecycle.trim(Offset(40)));
    expect(start).toBeGreaterThan(20);
    await cluster.world.runFor(3000);
    const { node } = host;
    if (node === undefined) throw new Error("it runs");
    // In that very moment: the trim follows with the next entries.
    let read: Promise<unknown> | undefined;
    cluster.world.watchers.push({
      traced: ({ event }, at) => {
        if (event !== "snapshot.installed" || at !== host) return;
        read = node.read(Offset(10), 4096, "local").catch((thrown: unknown) => thrown);
      },
    });
    cut("mend");
    await cluster.until("it has the snapshot", () => read !== undefined);
    expect(await read).toBeInstanceOf(LogError);
    expect(await read).toMatchObject({ code: "OFFSET_TRIMMED", logStartOffset: start });
    await cluster.agreed();
    expect(await cluster.records(node)).toEqual(await cluster.records(await cluster.leader()));
  });
});
