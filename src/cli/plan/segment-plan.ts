import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "../../common/limits.ts";

/** Measured (docs/bench.md, recovery): what of an unsealed segment is checked in a second. */
export const SCAN_BYTES_PER_SECOND = 250e6;
/** A crash may leave the active segment and one that is closed and not sealed yet. */
export const UNSEALED_SEGMENTS = 2;
/** A segment goes as a whole: the last one may hold this share of the retention beyond it. */
const OVERSHOOT_SHARE = 10;
/** Rolls more often than this are only work: a seal is three syncs and a checkpoint. */
const MIN_ROLL_SECONDS = 10;
/** Row of the index: one for each entry. */
const ROW_BYTES = 48;
const FOOTER_BYTES = 4096;
/** `.log` and `.index`. */
const FILES_PER_SEGMENT = 2;

export interface PlanInput {
  /** Bytes of records a second, as they are appended. */
  readonly writeBytesPerSecond: number;
  readonly retention: { readonly ms: number } | { readonly bytes: number };
  /** What reading unsealed segments may take of a restart. */
  readonly recoveryMs: number;
  readonly nodes: number;
  /** Mean size of an entry: one batch of records. */
  readonly entryBytes: number;
}

export interface SegmentPlan {
  readonly segmentBytes: number;
  /** Why not larger, and why not smaller. */
  readonly atMost: { readonly bytes: number; readonly because: string };
  readonly atLeast: { readonly bytes: number; readonly because: string };
  /** What cannot be had together; empty is well. */
  readonly conflicts: readonly string[];
  readonly retentionBytes: number;
  readonly retentionMs: number;
  readonly segments: number;
  readonly rollSeconds: number;
  /** On one node: retention, the segment that is on its way out, and their indexes. */
  readonly bytesPerNode: number;
  readonly bytesInAll: number;
  readonly overshootBytes: number;
  readonly overshootMs: number;
  readonly rescanMs: number;
  readonly filesPerNode: number;
  readonly indexBytesPerNode: number;
}

/** Pure arithmetic; every figure can be checked with the others. */
export function planSegments(input: PlanInput): SegmentPlan {
  const { writeBytesPerSecond: rate, retention, recoveryMs, nodes, entryBytes } = input;
  const retentionMs = "ms" in retention ? retention.ms : (retention.bytes / rate) * 1000;
  const retentionBytes = "ms" in retention ? (rate * retention.ms) / 1000 : retention.bytes;
  const atMost = smallest([
    {
      bytes: ((SCAN_BYTES_PER_SECOND / UNSEALED_SEGMENTS) * recoveryMs) / 1000,
      because: "a restart reads up to two unsealed segments",
    },
    { bytes: retentionBytes / OVERSHOOT_SHARE, because: "a tenth of the retention may be late" },
    { bytes: MAX_SEGMENT_BYTES, because: "the largest there is" },
  ]);
  const atLeast = largest([
    { bytes: rate * MIN_ROLL_SECONDS, because: `a roll every ${MIN_ROLL_SECONDS} s is enough` },
    { bytes: MIN_SEGMENT_BYTES, because: "the smallest there is" },
  ]);
  const segmentBytes = roundDown(Math.max(atMost.bytes, MIN_SEGMENT_BYTES));
  const segments = Math.ceil(retentionBytes / segmentBytes) + 1;
  const held = retentionBytes + segmentBytes;
  const indexBytesPerNode = Math.ceil(held / entryBytes) * ROW_BYTES;
  const bytesPerNode = held + indexBytesPerNode + segments * FOOTER_BYTES;
  return {
    ...{ segmentBytes, atMost, atLeast, retentionBytes, retentionMs, segments },
    conflicts: conflictsOf(segmentBytes, atMost, atLeast),
    rollSeconds: segmentBytes / rate,
    ...{ bytesPerNode, bytesInAll: bytesPerNode * nodes, indexBytesPerNode },
    overshootBytes: segmentBytes,
    overshootMs: (segmentBytes / rate) * 1000,
    rescanMs: ((segmentBytes * UNSEALED_SEGMENTS) / SCAN_BYTES_PER_SECOND) * 1000,
    filesPerNode: segments * FILES_PER_SEGMENT,
  };
}

interface Bound {
  readonly bytes: number;
  readonly because: string;
}

function smallest(bounds: readonly Bound[]): Bound {
  return bounds.reduce((least, bound) => (bound.bytes < least.bytes ? bound : least));
}

function largest(bounds: readonly Bound[]): Bound {
  return bounds.reduce((most, bound) => (bound.bytes > most.bytes ? bound : most));
}

/** A power of two is easy to say and to remember; below the bound, never above it. */
function roundDown(bytes: number): number {
  return 2 ** Math.floor(Math.log2(bytes));
}

function conflictsOf(segmentBytes: number, atMost: Bound, atLeast: Bound): readonly string[] {
  const conflicts: string[] = [];
  if (segmentBytes * 2 < atLeast.bytes)
    conflicts.push(`rolls more often than every ${MIN_ROLL_SECONDS} s: ${atMost.because}`);
  if (atMost.bytes < MIN_SEGMENT_BYTES)
    conflicts.push(`the smallest segment is larger than asked for: ${atMost.because}`);
  return conflicts;
}
