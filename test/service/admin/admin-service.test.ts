import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import type { SegmentOutlook } from "../../../src/runtime/lifecycle-api.ts";
import { DEFAULT_LOG_SETTINGS } from "../../../src/statemachine/settings.ts";
import { startFakeCluster } from "../../support/fake-cluster.ts";
import { answerOf } from "../../support/raw-log-client.ts";
import { RawAdminClient } from "./raw-admin-client.ts";

async function oneNode() {
  const cluster = await startFakeCluster(1);
  const admin = new RawAdminClient(cluster.addressOf("n1"));
  return {
    admin,
    node: cluster.node("n1"),
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

const SEALED: SegmentOutlook = {
  segment: {
    ...{ file: "00000000000000000000.log", state: "sealed", bytes: 1024 },
    ...{ baseOffset: Offset(0), nextOffset: Offset(10) },
    ...{ firstIndex: LogIndex(1), lastIndex: LogIndex(4) },
    ...{ firstTimestamp: 1_700_000_000_000, lastTimestamp: 1_700_000_000_500 },
  },
  reason: "retained",
  explanation: "retention.ms keeps 1h, its newest record is 3m old",
  goesAtWallMs: 1_700_003_600_500.7,
};

describe("settings", () => {
  it("are told as they are applied; what is unlimited is absent", async () => {
    await using one = await oneNode();
    one.node.lifecycle.current = { ...DEFAULT_LOG_SETTINGS, retentionBytes: 8 << 20 };
    const { settings } = answerOf(await one.admin.call("GetSettings", {}));
    expect(settings).toEqual({
      ...{ segmentBytes: 64 << 20, retentionBytes: 8 << 20, cleanupPolicy: "delete" },
      ...{ snapshotMaxRecordBytes: 20 << 20, snapshotMaxIntervalMs: 3_600_000 },
      ...{ minCleanableDirtyRatioMillionths: 500_000, minCompactionLagMs: 0 },
      ...{ deleteRetentionMs: 86_400_000, compactionStrategy: "key" },
    });
  });

  it("are absent before the first leader fixed them", async () => {
    await using one = await oneNode();
    one.node.lifecycle.settings = () => undefined as never;
    expect(answerOf(await one.admin.call("GetSettings", {}))).toEqual({ settings: null });
  });

  it("are changed where they are named, 0 among them, and stay otherwise", async () => {
    await using one = await oneNode();
    one.node.lifecycle.current = { ...DEFAULT_LOG_SETTINGS, retentionMs: 1000 };
    const changes = { minCompactionLagMs: 0, minCleanableDirtyRatioMillionths: 250_000 };
    const answer = answerOf(await one.admin.call("ChangeSettings", { changes, unlimited: [] }));
    expect(answer.settings).toMatchObject({
      ...{ minCleanableDirtyRatioMillionths: 250_000, minCompactionLagMs: 0, retentionMs: 1000 },
    });
    expect(one.node.lifecycle.current.minCleanableDirtyRatio).toBe(0.25);
  });

  it("are taken away by name where they may be unlimited", async () => {
    await using one = await oneNode();
    one.node.lifecycle.current = { ...DEFAULT_LOG_SETTINGS, retentionMs: 1000, segmentMs: 5 };
    const unlimited = ["retention_ms", "segment_ms"];
    const { settings } = answerOf(
      await one.admin.call("ChangeSettings", { changes: null, unlimited }),
    );
    expect(settings).not.toHaveProperty("retentionMs");
    expect(one.node.lifecycle.current).toMatchObject({
      ...{ retentionMs: undefined, segmentMs: undefined, segmentBytes: 64 << 20 },
    });
  });

  it("refuse to make unlimited what always has a value", async () => {
    await using one = await oneNode();
    for (const name of ["segment_bytes", "retentionMs", "", "__proto__"]) {
      const refused = await one.admin.call("ChangeSettings", { changes: {}, unlimited: [name] });
      expect(refused).toBeInstanceOf(LogError);
      expect(refused).toMatchObject({ code: "INVALID_ARGUMENT" });
      expect((refused as LogError).hint).toContain("segment_ms, retention_ms, retention_bytes");
    }
    expect(one.node.lifecycle.calls).toEqual([]);
  });
});

describe("changes of the log's life", () => {
  it("go to the node and answer what came of them", async () => {
    await using one = await oneNode();
    one.node.lifecycle.snapshot = {
      index: LogIndex(41),
      checkpoints: [],
      damaged: [],
      transfers: [],
    };
    expect(await one.admin.call("Trim", { beforeOffset: 7 })).toEqual({ logStartOffset: 7 });
    expect(await one.admin.call("TriggerSnapshot", {})).toEqual({ index: 41, offset: 0 });
    one.node.lifecycle.snapshot = { ...one.node.lifecycle.snapshot, index: LogIndex(4) };
    one.node.lifecycle.segments = [SEALED];
    expect(await one.admin.call("TriggerSnapshot", {})).toEqual({ index: 4, offset: 10 });
    expect(await one.admin.call("Roll", {})).toEqual({ firstIndex: 1 });
    expect(one.node.lifecycle.calls).toEqual([
      "trim 7",
      "triggerSnapshot",
      "triggerSnapshot",
      "roll",
    ]);
  });

  it("are refused off the leader with its address, as appends are", async () => {
    await using one = await oneNode();
    one.node.lifecycle.refuse = new LogError("NOT_LEADER", "the leader is n2", {
      leader: "127.0.0.1:7102",
    });
    for (const name of ["ChangeSettings", "Trim", "TriggerSnapshot", "Roll"] as const) {
      const request = { beforeOffset: 1, changes: {}, unlimited: [] };
      expect(await one.admin.call(name, request)).toMatchObject({
        ...{ code: "NOT_LEADER", leader: "127.0.0.1:7102", outcome: "failed" },
      });
    }
  });

  it("tell nothing of what went wrong inside", async () => {
    await using one = await oneNode();
    one.node.lifecycle.refuse = new Error("secret");
    const failed = await one.admin.call("Roll", {});
    expect(failed).toBeInstanceOf(LogError);
    expect((failed as LogError).message).not.toContain("secret");
  });
});

describe("questions", () => {
  it("tell each segment, why it is there, and when it goes", async () => {
    await using one = await oneNode();
    one.node.logStartOffset = 3;
    one.node.lifecycle.segments = [SEALED, { ...SEALED, goesAtWallMs: undefined }];
    const answer = answerOf(await one.admin.call("Segments", {}));
    expect(answer).toMatchObject({ nodeId: "n1", logStartOffset: 3, highWatermark: 0 });
    expect(answer.segments[0]).toEqual({
      ...SEALED.segment,
      reason: "retained",
      explanation: "retention.ms keeps 1h, its newest record is 3m old",
      goesAt: 1_700_003_600_500,
    });
    expect(answer.segments[1]).not.toHaveProperty("goesAt");
  });

  it("tell checkpoints, damage and transfers", async () => {
    await using one = await oneNode();
    one.node.lifecycle.snapshot = {
      index: LogIndex(9),
      checkpoints: [
        { file: "a.checkpoint", index: LogIndex(4), bytes: 300, damage: "byte 3" },
        { file: "b.checkpoint", index: LogIndex(9), bytes: 310, damage: undefined },
      ],
      damaged: [{ file: "0-9.compacted", position: 8, what: "a frame is damaged" }],
      transfers: [{ peer: "n3", direction: "sending", bytes: 5, totalBytes: 10 }],
    };
    expect(await one.admin.call("Snapshots", {})).toEqual({
      nodeId: "n1",
      index: 9,
      checkpoints: [
        { file: "a.checkpoint", index: 4, bytes: 300, damage: "byte 3" },
        { file: "b.checkpoint", index: 9, bytes: 310, damage: "" },
      ],
      transfers: [{ peer: "n3", direction: "sending", bytes: 5, totalBytes: 10 }],
      damaged: [{ file: "0-9.compacted", position: 8, what: "a frame is damaged" }],
    });
  });
});
