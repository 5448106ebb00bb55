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
  /** How fast the scrubbers read; absent: nobody scrubs. */
  readonly scrubBytesPerSecond?: number;
  /** Other than the defaults. */
  readonly settings?: Partial<LogSettings>;
  /** Lets a test put a planted fault between a node and its world. */
  readonly ports?: (nodeId: NodeId, ports: NodePorts) => NodePorts;
}

export const ELECTION_TIMEOUT_MS_MIN = 500;
export const ELECTION_TIMEOUT_MS_MAX = 1000;
export const HEARTBEAT_INTERVAL_MS = 100;

const RESERVE_BYTES = 8192;

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
    scrubBytesPerSecond: oneOf(4096, 32_768),
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
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    ...{ maxInflightMessages, maxAppendEntriesBytes, maxUncommittedBytes },
    maxInflightBytes: 1 << 20,
    scrubBytesPerSecond: options.scrubBytesPerSecond,
    space: { lowBytes: lowBytes(options), reserveBytes: RESERVE_BYTES },
    settings: { ...DEFAULT_LOG_SETTINGS, ...options.settings, segmentBytes },
  };
}
