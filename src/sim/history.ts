import type { NodeId } from "../common/brand.ts";
import type { TraceEvent } from "../common/trace.ts";

/** Times are milliseconds of one monotonic clock: that of the world, or of the driving process. */
interface TimedOperation {
  readonly client: string;
  readonly invokedMs: number;
  /** Absent while nobody has answered; for ever, if nobody does. */
  settledMs: number | undefined;
}

/** One batch that a client appended. Its values are unique in the whole run. */
export interface AppendOperation extends TimedOperation {
  /** Values of the batch's records. */
  readonly values: readonly string[];
  /** `unknown` until told otherwise, and for ever when nobody tells. */
  outcome: "acknowledged" | "failed" | "unknown";
  /** Offset of the first record, when acknowledged. */
  offset: number | undefined;
}

/** One read: what it returned from `from` on, and where the node said the log begins and ends. */
export interface ReadOperation extends TimedOperation {
  readonly nodeId: NodeId;
  readonly consistency: "linearizable" | "local";
  readonly from: number;
  /** Absent when the read failed. */
  answer:
    | {
        readonly values: readonly string[];
        readonly highWatermark: number;
        readonly logStartOffset: number;
      }
    | undefined;
}

/** One node's committed log as a reader sees it, after the run. */
export interface ReadLog {
  readonly nodeId: NodeId;
  readonly entries: readonly ReadEntry[];
}

export interface ReadEntry {
  readonly index: number;
  readonly term: number;
  readonly chain: number;
  readonly baseOffset: number;
  readonly values: readonly string[];
}

/** A sealed segment as it lies on one node's disk. */
export interface SealedFile {
  readonly nodeId: NodeId;
  readonly file: string;
  readonly sha256: string;
}

/** Everything the checkers judge, whether a simulated run left it or a real one. */
export interface RunRecord {
  readonly nodes: readonly NodeId[];
  readonly appends: readonly AppendOperation[];
  readonly reads: readonly ReadOperation[];
  readonly logs: readonly ReadLog[];
  readonly sealed: readonly SealedFile[];
  /** All nodes' events, in the order of their time. */
  readonly trace: readonly TraceEvent[];
}
