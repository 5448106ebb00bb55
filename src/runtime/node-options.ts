import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import type { FatalError } from "../common/fatal-error.ts";
import type { Random } from "../common/random.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { TraceEvent } from "../common/trace.ts";
import type { Effect, RaftEvent, RaftStatus } from "../raft/index.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import type { CompressionType } from "../common/compression-types.ts";
import type { CompactionWorkers } from "../storage/compaction/index.ts";
import type { FileSystem } from "../storage/file-system.ts";
import type { SpaceMarks } from "../storage/index.ts";
import type { PeerTransport } from "../transport/types.ts";
import type { NodeMetrics } from "./metrics.ts";

/** What one node is told; `config.ts` makes it out of file, environment and flags. */
export interface NodeOptions {
  readonly nodeId: NodeId;
  readonly dataDirectory: string;
  /** All voters of the cluster, this node among them. */
  readonly voters: readonly NodeId[];
  /** Client addresses (`host:port`) of the members: what a leader hint names. */
  readonly clientAddresses: ReadonlyMap<NodeId, string>;
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  readonly heartbeatIntervalMs: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly maxAppendEntriesBytes: number;
  readonly maxUncommittedBytes: number;
  /** How fast the scrubber reads what is sealed. Absent: it does not. */
  readonly scrubBytesPerSecond?: number | undefined;
  /** Worker threads that compact. Absent: one. */
  readonly cleanerThreads?: number | undefined;
  /** How fast a compaction reads and writes, both together. Absent: as fast as it goes. */
  readonly cleanerBytesPerSecond?: number | undefined;
  /** What this node's cold files are compressed with. Absent: `none`. */
  readonly compressionType?: CompressionType | undefined;
  /** Of a plain file in each block of a compressed one. Absent: what suits real files. */
  readonly compressionBlockBytes?: number | undefined;
  /** When the disk counts as low, and the size of `RESERVE`. Absent: what suits a real disk. */
  readonly space?: SpaceMarks | undefined;
  /** What this node proposes if it is the first leader; from then on the log's word counts. */
  readonly settings: LogSettings;
}

export type StepObserver = (
  event: RaftEvent,
  effects: readonly Effect[],
  after: RaftStatus,
) => void;

/** The world, injected: the same node runs on a machine and in the simulator. */
export interface NodePorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly fileSystem: FileSystem;
  readonly transport: PeerTransport;
  /** Where compactions run. Absent: on this thread. */
  readonly compactionWorkers?: CompactionWorkers;
  /** Where it counts what it does, beside what its owner counts there. Absent: its own. */
  readonly metrics?: NodeMetrics;
  /** Receives every trace event as it happens. Must not throw. */
  readonly trace: (event: TraceEvent) => void;
  /**
   * Given the core before its first step, answers who sees every step before its effects are
   * carried out, and may throw to halt the node. For checkers: each step costs a status.
   */
  readonly observe?: (unstarted: RaftStatus) => StepObserver;
  /** Also trace what happens for every group of entries (syncs, commits, acknowledgements). */
  readonly traceDetails?: boolean;
  /** The node has halted for good: say why and end the process with `error.exitCode`. */
  readonly halt: (error: FatalError) => void;
}
