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
  /** Keys of its records; absent: none has one. */
  readonly keys?: readonly (string | undefined)[] | undefined;
  /** Which of them delete their key; absent: none does. */
  readonly deletes?: readonly boolean[] | undefined;
  /** `unknown` until told otherwise, and for ever when nobody tells. */
  outcome: "acknowledged" | "failed" | "unknown";
  /** Offset of the first record, when acknowledged. */
  offset: number | undefined;
  /**
   * Number of the first record in the client's session, where the session promises order: what has
   * the smaller number lies before. Absent: no order is promised beyond that of real time.
   */
  readonly sequence?: number | undefined;
}

/** One read: what it returned from `from` on, and where the node said the log begins and ends. */
export interface ReadOperation extends TimedOperation {
  readonly nodeId: NodeId;
  readonly consistency: "linearizable" | "local";
  readonly from: number;
  /** The client asked for no less than its own session has seen. */
  readonly session?: boolean | undefined;
  /** Absent when the read failed. */
  answer:
    | {
        readonly values: readonly string[];
        readonly highWatermark: number;
        readonly logStartOffset: number;
        /** Offset of each value, as the node gave it. */
        readonly offsets?: readonly number[] | undefined;
        /** Offsets below it may have holes: they are compacted. */
        readonly compactedTo?: number | undefined;
        /** Where to go on: what lies between the last value and it is gone. */
        readonly nextOffset?: number | undefined;
      }
    | undefined;
}

/** An operator asked for the log to begin at `beforeOffset`. */
export interface TrimOrder {
  readonly invokedMs: number;
  readonly beforeOffset: number;
}

/** A node's log start moved; what the policy that moved it can be judged by. */
export interface TrimSeen {
  readonly nodeId: NodeId;
  readonly timeMs: number;
  readonly logStartOffset: number;
  /** Bytes of all segments behind the one that ends there. */
  readonly bytesKept: number;
  /** Timestamp of the last entry of the segment that ends there; absent: not known any more. */
  readonly newestGone: number | undefined;
  /** The latest that any node's wall clock showed so far. */
  readonly wallMs: number;
  readonly retentionBytes: number | undefined;
  readonly retentionMs: number | undefined;
}

/** What a node's log took of its disk when nothing had happened for a while. */
export interface LogSize {
  readonly nodeId: NodeId;
  readonly timeMs: number;
  readonly bytes: number;
  /** Of its oldest segment; 0 where that is the one that is written. */
  readonly oldestBytes: number;
  readonly retentionBytes: number | undefined;
  /** Sealed segments that wait to be compacted, though none is too clean to be. */
  readonly waiting: number;
}

/** One node's committed log as a reader sees it, after the run. */
export interface ReadLog {
  readonly nodeId: NodeId;
  readonly entries: readonly ReadEntry[];
  /** First offset that the node's snapshot does not cover; absent: nothing was ever truncated. */
  readonly snapshotEnd?: number | undefined;
  /** Offsets below it may have holes: they are compacted. Absent: none are. */
  readonly compactedTo?: number | undefined;
}

export interface ReadEntry {
  readonly index: number;
  readonly term: number;
  readonly chain: number;
  readonly baseOffset: number;
  readonly values: readonly string[];
}

/** A sealed segment, or a checkpoint, as it lies on one node's disk. */
export interface SealedFile {
  readonly nodeId: NodeId;
  readonly file: string;
  readonly sha256: string;
}

/** From one node to another, one way. */
export interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** One thing that was broken, and for how long. */
export interface Fault {
  /** What the nemesis calls it: `power loss`, `one-way cut`. */
  readonly kind: string;
  readonly atMs: number;
  /** Absent: until the end of the run. */
  readonly untilMs?: number | undefined;
  /** Processes that were down or paused meanwhile. */
  readonly stopped?: readonly NodeId[] | undefined;
  /** Links over which nothing passed meanwhile. */
  readonly cut?: readonly Link[] | undefined;
  /** Nodes whose process may end by itself because of it: a disk that fails or is damaged. */
  readonly mayHalt?: readonly NodeId[] | undefined;
  /** Nodes whose disk was replaced by an empty one: from then on they are no voters. */
  readonly wiped?: readonly NodeId[] | undefined;
  /** A majority is not concerned, however long it takes: progress is asked for. */
  readonly lasting?: boolean | undefined;
  /** Progress cannot be asked for meanwhile: loss, long delays, slow or full disks. */
  readonly hinders?: boolean | undefined;
  /** What it delayed is on its way for up to so long after `untilMs`. */
  readonly lingersMs?: number | undefined;
}

/** How the cluster came back after the last fault. A time is absent when it never came to be. */
export interface Recovery {
  /** From here on nothing was broken and every process ran. */
  readonly healedMs: number;
  /** How long each of the following may take. */
  readonly limitMs: number;
  /** First moment at which a node led and took appends. */
  readonly leaderMs: number | undefined;
  /** First acknowledgement of an append that began after `healedMs`. */
  readonly acknowledgedMs: number | undefined;
  /** First moment at which all nodes had committed the same. */
  readonly equalMs: number | undefined;
  /** Files of a log's beginning that are damaged still, long after: `n1: <file>`. */
  readonly unmended?: readonly string[] | undefined;
  /** What the nodes said of themselves in the end. */
  readonly states?: string | undefined;
}

/** What must stay small, in bytes, messages or entries as the name says. */
export type Bounded =
  | "uncommittedBytes"
  | "inflightBytes"
  | "inflightMessages"
  | "messagesPerSecond"
  | "tailCacheBytes"
  | "queuedAppendBytes"
  | "readBufferBytes"
  | "peerQueueBytes"
  | "largestAllocationBytes"
  | "residentBytes";

/** What one node held at one moment. */
export interface BoundsSample {
  readonly nodeId: NodeId;
  readonly timeMs: number;
  readonly held: Readonly<Partial<Record<Bounded, number>>>;
}

/** What a run must have lived through to prove anything; each is a least number. */
export interface Expected {
  readonly acknowledged?: number | undefined;
  readonly unknown?: number | undefined;
  readonly reads?: number | undefined;
  readonly faults?: number | undefined;
  readonly leaderChanges?: number | undefined;
  readonly truncations?: number | undefined;
  readonly snapshotInstalls?: number | undefined;
  readonly trims?: number | undefined;
  readonly compactions?: number | undefined;
}

/**
 * Everything the checkers judge, whether a simulated run left it or a real one. What is absent was
 * not recorded; `judge` then says which checks could not look (`docs/checkers.md`).
 */
export interface RunRecord {
  /** The voters. */
  readonly nodes: readonly NodeId[];
  readonly appends: readonly AppendOperation[];
  readonly reads: readonly ReadOperation[];
  readonly logs: readonly ReadLog[];
  readonly sealed: readonly SealedFile[];
  /** All nodes' events in the order in which they happened: one clock, or none at all. */
  readonly trace: readonly TraceEvent[];
  readonly faults?: readonly Fault[] | undefined;
  readonly recovery?: Recovery | undefined;
  readonly bounds?:
    | {
        readonly limits: Readonly<Partial<Record<Bounded, number>>>;
        readonly samples: readonly BoundsSample[];
      }
    | undefined;
  /** What was trimmed, and what it took; absent: nobody watched. */
  readonly retention?:
    | {
        readonly orders: readonly TrimOrder[];
        readonly trims: readonly TrimSeen[];
        readonly sizes: readonly LogSize[];
        /** No deletion is ever old enough to be compacted away. */
        readonly deletionsStay?: boolean | undefined;
      }
    | undefined;
  readonly expected?: Expected | undefined;
  readonly timing?:
    | {
        /** The largest of a node's random election timeouts. */
        readonly electionTimeoutMs: number;
        /** Elections won that a fault may cost, its end included; absent: not judged. */
        readonly electionsPerFault?: number | undefined;
      }
    | undefined;
}
