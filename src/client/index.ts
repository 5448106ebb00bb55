export { type ErrorCode, LogError, type Outcome } from "../common/errors.ts";
export type { ProducerStamp } from "../common/frame.ts";
export type {
  Admin,
  CheckpointInfo,
  MemberOptions,
  MemberSegments,
  MemberSnapshots,
  SegmentOutlook,
  SnapshotTransfer,
} from "./admin.ts";
export type { CallOptions } from "./call-options.ts";
export { type Client, type ClientOptions, connect, type LogOffsets } from "./client.ts";
export type { LeaderInfo } from "./cluster-view.ts";
export type {
  ClusterStatus,
  MemberRole,
  MemberStatus,
  PeerProgress,
  SegmentInfo,
} from "./cluster-status.ts";
export { type Codec, codecs } from "./codec.ts";
export type { LogSettings } from "./log-settings.ts";
export type { AppendAck } from "./pending-append.ts";
export type { Producer } from "./producer.ts";
export type { ProducerOptions } from "./producer-options.ts";
export type { AppendInput, LogRecord } from "./record.ts";
export type { RetryOptions } from "./retry.ts";
export type { Tail } from "./tail.ts";
export type { From, TailOptions } from "./tail-options.ts";
