import type { NodeId } from "../common/brand.ts";
import { type Random, randomInteger } from "../common/random.ts";
import type { NodeOptions, NodePorts } from "../runtime/node-options.ts";
import { DEFAULT_LOG_SETTINGS, type LogSettings } from "../statemachine/settings.ts";

/** The sizes of a world, small enough that a short run meets every limit. */
export interface WorldOptions {
  readonly nodes: number;
  readonly segmentBytes: number;
  readonly maxInflightMessages: number;
  readonly maxAppendEntriesBytes: number;
  readonly maxUncommittedBytes: number;
  /** Default: 100. At most half of the shortest election timeout, as configurations may have it. */
  readonly heartbeatIntervalMs?: number;
  /** How fast the scrubbers read; absent: nobody scrubs. */
  readonly scrubBytesPerSecond?: number;
  /** Other than the defaults. */
  readonly settings?: Partial<LogSettings>;
  /** The log's segments come and go, and an operator is at work. */
  readonly life?: boolean | undefined;
  /** Records have keys, of so many; absent: none has. */
  readonly keys?: number | undefined;
  /** Cold files are kept compressed. */
  readonly compression?: boolean | undefined;
  /** Lets a test put a planted fault between a node and its world. */
  readonly ports?: (nodeId: NodeId, ports: NodePorts) => NodePorts;
}

export const ELECTION_TIMEOUT_MS_MIN = 500;
export const ELECTION_TIMEOUT_MS_MAX = 1000;
const HEARTBEAT_INTERVAL_MS = 100;

const RESERVE_BYTES = 8192;
/** Several in each of the small segments. */
const COMPRESSION_BLOCK_BYTES = 512;

/** Longer than any world, however its clocks jump: a tombstone is never old enough to go. */
export const TOMBSTONES_STAY_MS = 86_400_000;

/** Below it a disk counts as low: what may be accepted and not yet committed still fits. */
export function lowBytes({ maxUncommittedBytes }: WorldOptions): number {
  return 2 * maxUncommittedBytes + (64 << 10);
}

/** Sizes drawn from a seed: a limit that is never met in one world is met in another. */
export function drawWorldOptions(random: Random, nodes: number): WorldOptions {
  const oneOf = <T>(...values: readonly [T, ...T[]]): T =>
    values[randomInteger(random, 0, values.length - 1)] ?? values[0];
  return {
    nodes,
    segmentBytes: oneOf(2048, 8192, 32_768),
    maxInflightMessages: oneOf(2, 4, 16),
    maxAppendEntriesBytes: oneOf(512, 2048, 16_384),
    maxUncommittedBytes: oneOf(2048, 8192, 1 << 20),
    scrubBytesPerSecond: oneOf(2048, 16_384),
    heartbeatIntervalMs: oneOf(HEARTBEAT_INTERVAL_MS, 150, 200),
  };
}

/**
 * The life of the log, drawn from a seed: half of the worlds live it, the others keep all they ever
 * wrote. `always`: what strikes here needs such a world.
 */
export function drawLogLife(random: Random, sizes: WorldOptions, always: boolean): WorldOptions {
  const oneOf = <T>(...values: readonly [T, ...T[]]): T =>
    values[randomInteger(random, 0, values.length - 1)] ?? values[0];
  if (random.next() >= 0.5 && !always) return sizes;
  const segmentBytes = oneOf(2048, 4096, 8192);
  const cleanupPolicy = oneOf("delete", "delete", "delete", "compact", "compact,delete");
  const bytes = oneOf(undefined, segmentBytes, 3 * segmentBytes, 6 * segmentBytes);
  const ms = oneOf(undefined, undefined, 2000, 6000);
  const deletes = cleanupPolicy !== "compact";
  const compacts = cleanupPolicy !== "delete";
  const settings = {
    cleanupPolicy,
    retentionBytes: deletes ? bytes : undefined,
    retentionMs: deletes ? ms : undefined,
    segmentMs: oneOf(undefined, undefined, 1500),
    snapshotMaxRecordBytes: oneOf(1024, 4096, 16_384),
    snapshotMaxIntervalMs: oneOf(1000, 5000, 60_000),
    minCleanableDirtyRatio: oneOf(0, 0.2, 0.5),
    deleteRetentionMs: oneOf(0, 1000, 5000, TOMBSTONES_STAY_MS),
    minCompactionLagMs: oneOf(0, 0, 1000),
    compactionStrategy: oneOf("key", "key", "merge", "time-window", "tiered"),
  } as const satisfies Partial<LogSettings>;
  return {
    ...sizes,
    life: true,
    segmentBytes,
    settings,
    keys: compacts ? oneOf(3, 8, 30) : undefined,
  };
}

export function nodeOptions(
  nodeId: NodeId,
  voters: readonly NodeId[],
  options: WorldOptions,
): NodeOptions {
  const { segmentBytes, maxInflightMessages, maxAppendEntriesBytes, maxUncommittedBytes } = options;
  return {
    nodeId,
    dataDirectory: "data",
    voters,
    clientAddresses: new Map(voters.map((name) => [name, name])),
    electionTimeoutMsMin: ELECTION_TIMEOUT_MS_MIN,
    electionTimeoutMsMax: ELECTION_TIMEOUT_MS_MAX,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
    ...{ maxInflightMessages, maxAppendEntriesBytes, maxUncommittedBytes },
    maxInflightBytes: 1 << 20,
    scrubBytesPerSecond: options.scrubBytesPerSecond,
    compressionType: options.compression === true ? "deflate" : "none",
    compressionBlockBytes: COMPRESSION_BLOCK_BYTES,
    space: { lowBytes: lowBytes(options), reserveBytes: RESERVE_BYTES },
    settings: { ...DEFAULT_LOG_SETTINGS, ...options.settings, segmentBytes },
  };
}
