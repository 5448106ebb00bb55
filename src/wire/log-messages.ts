import type { RecordHeader } from "./record-batch.ts";

/**
 * The messages of `proto/internal/balsa/log/v1/log.proto` as they come out of and go into the
 * service definition: camelCase, numbers safe and not negative, unset messages `null`, unset
 * `optional` fields absent. A test compares the names with the file.
 */
export type WireConsistency = "CONSISTENCY_LINEARIZABLE" | "CONSISTENCY_LOCAL";

/** `Bytes` going out may be any view; coming in they are Buffers over the message's memory. */
type Bytes = Uint8Array;

export interface AppendRequest {
  /** An encoded RecordBatch, untouched. */
  readonly batch: Bytes;
  readonly recordCount: number;
  /** 0: no producer. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly producerSequence: number;
}

export interface AppendResponse {
  readonly offset: number;
  readonly term: number;
  readonly index: number;
  readonly duplicate: boolean;
}

export interface OpenProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface StreamedAppend {
  readonly batch: Bytes;
  readonly recordCount: number;
  readonly sequence: number;
}

export interface AppendStreamRequest {
  /** In the first message only. */
  readonly open: OpenProducer | null;
  readonly appends: readonly StreamedAppend[];
}

export interface ProducerOpened {
  readonly term: number;
  readonly barrier: number;
  readonly leaderId: string;
}

/** Columns: the i-th append of each. */
export interface AppendAcks {
  readonly term: number;
  readonly sequences: readonly number[];
  readonly offsets: readonly number[];
  readonly indexes: readonly number[];
}

export interface AppendFailure {
  readonly sequence: number;
  readonly code: string;
  readonly message: string;
  readonly unknown: boolean;
  readonly leader: string;
}

export interface AppendStreamResponse {
  readonly opened: ProducerOpened | null;
  readonly acks: AppendAcks | null;
  readonly failures: readonly AppendFailure[];
}

export interface LogRecord {
  readonly offset: number;
  readonly term: number;
  readonly timestamp: number;
  readonly key?: Bytes | undefined;
  readonly value?: Bytes | undefined;
  readonly headers: readonly RecordHeader[];
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly producerSequence: number;
  readonly index: number;
}

export interface ReadRequest {
  readonly fromOffset: number;
  readonly maxBytes: number;
  readonly consistency: WireConsistency;
  readonly rawFrames: boolean;
  readonly minHighWatermark?: number | undefined;
}

export interface ReadResponse {
  readonly records: readonly LogRecord[];
  readonly frames: Bytes;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly nextOffset: number;
  /** Offsets below it may have holes. */
  readonly compactedTo: number;
}

export interface TailRequest {
  readonly fromOffset: number;
  readonly consistency: WireConsistency;
  readonly rawFrames: boolean;
  readonly maxBytes: number;
  readonly minHighWatermark?: number | undefined;
}

export interface TailResponse {
  readonly records: readonly LogRecord[];
  readonly frames: Bytes;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** Offsets below it may have holes. */
  readonly compactedTo: number;
  /** Nothing below it is still to come. */
  readonly nextOffset: number;
}

export interface OffsetsRequest {
  readonly consistency: WireConsistency;
  readonly atTimestamp?: number | undefined;
  readonly minHighWatermark?: number | undefined;
}

export interface OffsetsResponse {
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly term: number;
  readonly offsetAtTimestamp?: number | undefined;
}

export interface LocateRequest {
  readonly offset: number;
}

export interface LocateResponse {
  readonly nodeId: string;
  readonly index: number;
  readonly term: number;
  readonly timestamp: number;
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly file: string;
  readonly position: number;
  readonly length: number;
}

export interface StatusRequest {
  readonly cluster: boolean;
}

export interface StatusResponse {
  readonly nodes: readonly WireNodeStatus[];
}

/** `NodeStatus` of the file; named apart from the runtime's own. */
export interface WireNodeStatus {
  readonly nodeId: string;
  readonly clusterId: string;
  readonly role: string;
  readonly term: number;
  readonly leaderId: string;
  readonly lastIndex: number;
  readonly durableIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly nextOffset: number;
  readonly segments: readonly WireSegment[];
  readonly uptimeMs: number;
  readonly waiting: string;
  readonly peers: readonly WirePeerProgress[];
  readonly clientAddress: string;
  readonly version: string;
  readonly error: string;
  /** Last entry of the newest snapshot that it knows of; 0: none. */
  readonly snapshotIndex: number;
  readonly transfers: readonly WireSnapshotTransfer[];
}

export interface WireSnapshotTransfer {
  /** To whom, or from whom. */
  readonly nodeId: string;
  /** `sending` or `receiving`. */
  readonly direction: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface WirePeerProgress {
  readonly nodeId: string;
  readonly state: string;
  readonly matchIndex: number;
  readonly nextIndex: number;
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  readonly admitted: boolean;
}

export interface WireSegment {
  readonly file: string;
  readonly state: string;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly bytes: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
}

export interface TraceRequest {
  readonly afterSeq: number;
}

export interface WireTraceEvent {
  readonly seq: number;
  readonly timeUs: number;
  readonly term: number;
  readonly event: string;
  /** A JSON object. */
  readonly facts: string;
}

export interface TraceResponse {
  readonly nodeId: string;
  readonly events: readonly WireTraceEvent[];
  /** Microseconds since 1970 at zero of the clock that `timeUs` is read from. */
  readonly clockZeroUs: number;
}
