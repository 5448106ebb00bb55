import type { LogIndex, NodeId, Offset, Term } from "../common/brand.ts";
import type { LogError } from "../common/errors.ts";
import type { ProducerStamp } from "../common/frame.ts";
import type { TraceEvent } from "../common/trace.ts";
import type { RaftStatus } from "../raft/status.ts";
import type { LifecycleApi } from "./lifecycle-api.ts";
import type { MetricFamily } from "./metrics.ts";
import type { FrameRun, RecordLocation, SegmentStatus } from "../storage/types.ts";

/** `linearizable`: reflects all that was acknowledged before the call. `local`: what is here. */
export type Consistency = "linearizable" | "local";

/** One batch to append. The payload is an encoded RecordBatch; the count was checked against it. */
export interface AppendBatch {
  readonly payload: Uint8Array;
  readonly recordCount: number;
  readonly producer: ProducerStamp | undefined;
}

/** On disk, synced, on a majority. */
export interface AppendAck {
  /** Offset of the batch's first record. */
  readonly offset: Offset;
  readonly term: Term;
  readonly index: LogIndex;
}

/** Answer to a producer that opens a stream: all that it sent before is decided below `barrier`. */
export interface ProducerOpened {
  readonly term: Term;
  /** Offset after the last record stamped so far: earlier epochs stamp nothing at or past it. */
  readonly barrier: Offset;
}

export interface LogOffsets {
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
  readonly term: Term;
}

export interface ReadAnswer {
  readonly run: FrameRun;
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
  /** Offsets below it may have holes: they are compacted. Absent: none are. */
  readonly compactedTo?: Offset;
  /** Where to go on when a hole follows the run, or is all there is. Absent: behind the run. */
  readonly nextOffset?: Offset;
}

/** What a node tells of itself and, where it leads, of the others. */
export interface NodeStatus {
  readonly clusterId: string | undefined;
  readonly raft: RaftStatus | undefined;
  /** Why the node does not take part yet, one line. */
  readonly waiting: string | undefined;
  readonly voter: boolean;
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
  readonly nextOffset: Offset;
  readonly segments: readonly SegmentStatus[];
  readonly uptimeMs: number;
  /** Client addresses of the members, as configured. */
  readonly clientAddresses: ReadonlyMap<NodeId, string>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How a reader asks. */
export interface ReadOptions extends CallOptions {
  /** No answer from before the high watermark was here: what the reader's session has seen. */
  readonly minHighWatermark?: Offset | undefined;
}

/** The node as its service sees it. All promises reject with LogError only. */
export interface NodeApi {
  readonly nodeId: NodeId;
  /** Calls `settle` exactly once: acknowledged, refused (`failed`), or `unknown`. */
  append(batch: AppendBatch, settle: (result: AppendAck | LogError) => void): void;
  /** Fences earlier epochs of this producer on this leader. Refused off the leader. */
  openProducer(id: number, epoch: number): ProducerOpened;
  offsets(consistency: Consistency, options?: ReadOptions): Promise<LogOffsets>;
  /** First offset stamped at or after `timestamp`; the high watermark when there is none. */
  offsetAtTime(timestamp: number): Promise<Offset>;
  /**
   * Committed frames from the one that holds `from`. At the high watermark the run is empty.
   * @throws LogError OFFSET_TRIMMED | OFFSET_BEYOND_END | UNAVAILABLE
   */
  read(
    from: Offset,
    maxBytes: number,
    consistency: Consistency,
    options?: ReadOptions,
  ): Promise<ReadAnswer>;
  /**
   * Where this node keeps the committed record at `offset`.
   * @throws LogError OFFSET_TRIMMED | OFFSET_BEYOND_END | UNAVAILABLE
   */
  locate(offset: Offset): Promise<RecordLocation>;
  /** Resolves once the high watermark is above `offset`. Rejects when aborted or closing. */
  waitBeyond(offset: Offset, options?: CallOptions): Promise<void>;
  status(): NodeStatus;
  /** What may be asked of the life of the log's segments. */
  readonly lifecycle: LifecycleApi;
  /** Counters, gauges and histograms of this node, each time as they are now. */
  metrics(): readonly MetricFamily[];
  /** The latest events of this run, oldest first: the flight recorder. */
  trace(): readonly TraceEvent[];
  /** `true` while this node can serve appends or knows who can. */
  readonly healthy: boolean;
  /** Called at every change of role, leader or readiness; returns how to stop. */
  onChange(listener: () => void): () => void;
}
