import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { connect, type LogSettings } from "../../src/index.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";

describe("settings", () => {
  it("are the leader's, unlimited ones null", async () => {
    await using cluster = await startFakeCluster(2);
    cluster.node("n1").lifecycle.current = {
      ...cluster.node("n1").lifecycle.current,
      ...{ retentionBytes: 8 << 20, minCleanableDirtyRatio: 0.25 },
    };
    await using client = await connect(cluster.addressOf("n2"));
    expect(await client.admin.settings()).toEqual({
      ...{ segmentBytes: 64 << 20, segmentMs: null, retentionMs: null, retentionBytes: 8 << 20 },
      ...{ cleanupPolicy: "delete", compactionStrategy: "key", minCleanableDirtyRatio: 0.25 },
      ...{ minCompactionLagMs: 0, deleteRetentionMs: 86_400_000 },
      ...{ snapshotMaxRecordBytes: 20 << 20, snapshotMaxIntervalMs: 3_600_000 },
    });
  });

  it("are changed at the leader, whoever was asked, and answered whole", async () => {
    await using cluster = await startFakeCluster(3);
    const follower = cluster.node("n3").lifecycle;
    const leader = cluster.addressOf("n1");
    follower.refuse = new LogError("NOT_LEADER", "the leader is n1", { leader });
    await using client = await connect(cluster.addressOf("n3"));
    const changed = await client.admin.changeSettings({
      ...{ retentionMs: 60_000, segmentMs: null, minCleanableDirtyRatio: 0.3 },
    });
    expect(changed).toMatchObject({ retentionMs: 60_000, segmentMs: null, segmentBytes: 64 << 20 });
    expect(cluster.node("n1").lifecycle.current).toMatchObject({
      ...{ retentionMs: 60_000, segmentMs: undefined, minCleanableDirtyRatio: 0.3 },
    });
    expect(follower.calls).toEqual([]);
  });

  it.each([
    [{ segmentBytes: null }, "segmentBytes cannot be unlimited"],
    [{ segmentByte: 1 }, "there is no setting segmentByte"],
    [{ retentionMs: -1 }, "retentionMs cannot be -1"],
    [{ retentionMs: 1.5 }, "retentionMs cannot be 1.5"],
    [{ minCleanableDirtyRatio: Number.NaN }, "minCleanableDirtyRatio cannot be NaN"],
  ])("refuse %j before anybody is asked", async (changes, message) => {
    await using cluster = await startFakeCluster(1);
    await using client = await connect(cluster.addressOf("n1"));
    const changing = client.admin.changeSettings(changes as Partial<LogSettings>);
    await expect(changing).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
    expect(cluster.node("n1").lifecycle.calls).toEqual([]);
  });
});

describe("what only a leader does", () => {
  it("is asked of the leader that a hint names, and the leader is remembered", async () => {
    await using cluster = await startFakeCluster(2);
    const [n1, n2] = cluster.nodes;
    const leader = cluster.addressOf("n1");
    if (n2 !== undefined)
      n2.lifecycle.refuse = new LogError("NOT_LEADER", "the leader is n1", { leader });
    await using client = await connect(cluster.addressOf("n2"));
    expect(await client.admin.trim(5)).toEqual({ logStartOffset: 5 });
    expect(await client.admin.roll()).toEqual({ firstIndex: 1 });
    expect(await client.admin.triggerSnapshot()).toEqual({ index: 0, offset: 0 });
    expect(n1?.lifecycle.calls).toEqual(["trim 5", "roll", "triggerSnapshot"]);
  });

  it("waits for an election to be over", async () => {
    await using cluster = await startFakeCluster(1);
    const { lifecycle } = cluster.node("n1");
    let refusals = 0;
    lifecycle.roll = async () => {
      if (++refusals < 4) throw new LogError("NO_QUORUM", "no leader is known");
      return LogIndex(9);
    };
    await using client = await connect(cluster.addressOf("n1"));
    expect(await client.admin.roll()).toEqual({ firstIndex: 9 });
    expect(refusals).toBe(4);
  });

  it("gives up with the reason when its time is over", async () => {
    await using cluster = await startFakeCluster(1);
    cluster.node("n1").lifecycle.refuse = new LogError("NO_QUORUM", "no leader is known");
    await using client = await connect(cluster.addressOf("n1"));
    await expect(client.admin.trim(1, { timeoutMs: 200 })).rejects.toMatchObject({
      ...{ code: "NO_QUORUM", message: expect.stringContaining("gave up after") },
    });
  });

  it("is unknown when the answer was not waited for", async () => {
    await using cluster = await startFakeCluster(1);
    cluster.node("n1").lifecycle.roll = () => new Promise(() => undefined);
    await using client = await connect(cluster.addressOf("n1"));
    await expect(client.admin.roll({ timeoutMs: 100 })).rejects.toMatchObject({
      ...{ code: "TIMEOUT", outcome: "unknown", retryable: false },
    });
  });

  it("is tried once without retries, and what is pointless is not tried again", async () => {
    await using cluster = await startFakeCluster(1);
    const { lifecycle } = cluster.node("n1");
    let asked = 0;
    lifecycle.roll = async () => {
      asked++;
      throw new LogError("NO_QUORUM", "no leader is known");
    };
    const endpoints = cluster.addressOf("n1");
    await using once = await connect({ endpoints, retry: false });
    await expect(once.admin.roll()).rejects.toMatchObject({ code: "NO_QUORUM" });
    expect(asked).toBe(1);
    lifecycle.refuse = new LogError("INVALID_ARGUMENT", "retention.bytes is too small");
    await using client = await connect(endpoints);
    await expect(client.admin.changeSettings({ retentionBytes: 1 })).rejects.toMatchObject({
      ...{ code: "INVALID_ARGUMENT", outcome: "failed" },
    });
  });

  it("refuses what is no offset", async () => {
    await using cluster = await startFakeCluster(1);
    await using client = await connect(cluster.addressOf("n1"));
    for (const offset of [-1, 1.5, Number.NaN, 2 ** 53])
      await expect(client.admin.trim(offset)).rejects.toThrow(`${offset} is no offset`);
  });
});

describe("what a member tells of itself", () => {
  it("is asked of the named member, or of the leader", async () => {
    await using cluster = await startFakeCluster(3);
    const segment = {
      ...{ file: "f", state: "active" as const, bytes: 10, firstTimestamp: 1, lastTimestamp: 2 },
      ...{ baseOffset: Offset(0), nextOffset: Offset(3) },
      ...{ firstIndex: LogIndex(1), lastIndex: LogIndex(2) },
    };
    const outlook = { segment, reason: "active", explanation: "takes appends" } as const;
    cluster.node("n3").lifecycle.segments = [{ ...outlook, goesAtWallMs: undefined }];
    cluster.node("n3").lifecycle.snapshot = {
      ...{ index: LogIndex(7), checkpoints: [], damaged: [], transfers: [] },
    };
    await using client = await connect(cluster.addressOf("n2"));
    const third = await client.admin.segments({ member: "n3" });
    expect(third.segments[0]).toEqual({
      ...{ ...segment, reason: "active", explanation: "takes appends" },
    });
    expect((await client.admin.segments()).nodeId).toBe("n1");
    expect(await client.admin.snapshots({ member: "n3" })).toMatchObject({ index: 7 });
    expect((await client.admin.snapshots()).nodeId).toBe("n1");
  });

  it("is refused for a member that there is not, or that is down", async () => {
    await using cluster = await startFakeCluster(2);
    await using client = await connect(cluster.addressOf("n1"));
    await expect(client.admin.segments({ member: "n9" })).rejects.toMatchObject({
      ...{ code: "INVALID_ARGUMENT", message: "there is no member n9", hint: "members: n1, n2" },
    });
    await cluster.services[1]?.close();
    await expect(client.admin.snapshots({ member: "n2" })).rejects.toMatchObject({
      ...{ code: "UNAVAILABLE", message: expect.stringContaining("n2 is down") },
    });
  });
});
