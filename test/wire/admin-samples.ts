import type * as admin from "../../src/wire/admin-messages.ts";

const settings: Required<admin.WireLogSettings> = {
  ...{ segmentBytes: 1, segmentMs: 2, retentionMs: 3, retentionBytes: 4, cleanupPolicy: "delete" },
  ...{ snapshotMaxRecordBytes: 5, snapshotMaxIntervalMs: 6, deleteRetentionMs: 8 },
  ...{ minCleanableDirtyRatioMillionths: 7, minCompactionLagMs: 9, compactionStrategy: "key" },
};
const outlook: Required<admin.WireSegmentOutlook> = {
  ...{ file: "f", state: "sealed", baseOffset: 1, nextOffset: 2, firstIndex: 3, lastIndex: 4 },
  ...{ bytes: 5, firstTimestamp: 6, lastTimestamp: 7 },
  ...{ reason: "retained", explanation: "e", goesAt: 8, storedBytes: 9 },
};
const checkpoint: admin.WireCheckpoint = { file: "f", index: 1, bytes: 2, damage: "d" };
const adminTransfer: admin.WireTransfer = {
  ...{ peer: "n2", direction: "sending", bytes: 1, totalBytes: 2 },
};

const damagedFile: admin.WireDamagedFile = {
  ...{ file: "0-9.compacted", position: 8, what: "a frame is damaged" },
};

/** One of each message of `admin.proto`, every field set: types checked against the file. */
export const adminMessages: Record<string, object> = {
  LogSettings: settings,
  GetSettingsRequest: {} satisfies admin.GetSettingsRequest,
  GetSettingsResponse: { settings } satisfies admin.GetSettingsResponse,
  ChangeSettingsRequest: {
    ...{ changes: settings, unlimited: ["retention_ms"] },
  } satisfies admin.ChangeSettingsRequest,
  TrimRequest: { beforeOffset: 1 } satisfies admin.TrimRequest,
  TrimResponse: { logStartOffset: 1 } satisfies admin.TrimResponse,
  TriggerSnapshotRequest: {} satisfies admin.TriggerSnapshotRequest,
  TriggerSnapshotResponse: { index: 1, offset: 2 } satisfies admin.TriggerSnapshotResponse,
  RollRequest: {} satisfies admin.RollRequest,
  RollResponse: { firstIndex: 1 } satisfies admin.RollResponse,
  SegmentsRequest: {} satisfies admin.SegmentsRequest,
  SegmentsResponse: {
    ...{ nodeId: "n1", logStartOffset: 1, highWatermark: 2, segments: [outlook] },
  } satisfies admin.SegmentsResponse,
  SegmentOutlook: outlook,
  SnapshotsRequest: {} satisfies admin.SnapshotsRequest,
  SnapshotsResponse: {
    ...{ nodeId: "n1", index: 1, checkpoints: [checkpoint], transfers: [adminTransfer] },
    damaged: [damagedFile],
  } satisfies admin.SnapshotsResponse,
  Checkpoint: checkpoint,
  Transfer: adminTransfer,
  DamagedFile: damagedFile,
};
