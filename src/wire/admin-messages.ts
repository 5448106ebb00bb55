/**
 * The messages of `proto/balsa/admin/v1/admin.proto` as they come out of and go into the service
 * definition: unset messages `null`, unset `optional` fields absent. A test compares the names.
 */
export interface WireLogSettings {
  readonly segmentBytes?: number | undefined;
  readonly segmentMs?: number | undefined;
  readonly retentionMs?: number | undefined;
  readonly retentionBytes?: number | undefined;
  readonly cleanupPolicy?: string | undefined;
  readonly snapshotMaxRecordBytes?: number | undefined;
  readonly snapshotMaxIntervalMs?: number | undefined;
  /** 0.5 is 500000. */
  readonly minCleanableDirtyRatioMillionths?: number | undefined;
  readonly deleteRetentionMs?: number | undefined;
  readonly minCompactionLagMs?: number | undefined;
  readonly compactionStrategy?: string | undefined;
}

export type GetSettingsRequest = object;

export interface GetSettingsResponse {
  /** `null` before the first leader fixed them. */
  readonly settings: WireLogSettings | null;
}

export interface ChangeSettingsRequest {
  readonly changes: WireLogSettings | null;
  /** Names of `.proto` fields that shall be unlimited. */
  readonly unlimited: readonly string[];
}

export interface TrimRequest {
  readonly beforeOffset: number;
}

export interface TrimResponse {
  readonly logStartOffset: number;
}

export type TriggerSnapshotRequest = object;

export interface TriggerSnapshotResponse {
  readonly index: number;
  /** Offset after the last record that it covers. */
  readonly offset: number;
}

export type RollRequest = object;

export interface RollResponse {
  readonly firstIndex: number;
}

export type SegmentsRequest = object;

export interface WireSegmentOutlook {
  readonly file: string;
  readonly state: string;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly bytes: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  readonly reason: string;
  readonly explanation: string;
  /** Milliseconds since 1970. */
  readonly goesAt?: number | undefined;
  /** What the file takes on the disk; absent while it is not compressed. */
  readonly storedBytes?: number | undefined;
}

export interface SegmentsResponse {
  readonly nodeId: string;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly segments: readonly WireSegmentOutlook[];
}

export type SnapshotsRequest = object;

export interface WireCheckpoint {
  readonly file: string;
  readonly index: number;
  readonly bytes: number;
  /** Empty while it is intact as far as is known. */
  readonly damage: string;
}

export interface WireTransfer {
  readonly peer: string;
  readonly direction: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface SnapshotsResponse {
  readonly nodeId: string;
  readonly index: number;
  readonly checkpoints: readonly WireCheckpoint[];
  readonly transfers: readonly WireTransfer[];
  readonly damaged: readonly WireDamagedFile[];
}

export interface WireDamagedFile {
  readonly file: string;
  /** Where what is damaged begins. */
  readonly position: number;
  readonly what: string;
}
