import { LogIndex, Offset } from "../../../src/common/brand.ts";
import type { RetentionInput } from "../../../src/runtime/lifecycle/retention.ts";
import { DEFAULT_LOG_SETTINGS } from "../../../src/statemachine/settings.ts";
import type { SegmentState, SegmentStatus } from "../../../src/storage/types.ts";

export const NOW_MS = 1_000_000;
export const MINUTE_MS = 60_000;

/**
 * Segments of ten entries and ten records each, 1000 bytes, a minute apart; the last one is active
 * and has just been begun.
 */
export function segmentsOf(count: number): readonly SegmentStatus[] {
  return Array.from({ length: count }, (_, at) => segment(at, at === count - 1, count));
}

function segment(at: number, active: boolean, count: number): SegmentStatus {
  const firstTimestamp = NOW_MS - (count - 1 - at) * MINUTE_MS;
  const state: SegmentState = active ? "active" : "sealed";
  return {
    ...{ file: `${at}.log`, state, bytes: 1000, firstTimestamp },
    ...{ baseOffset: Offset(at * 10), nextOffset: Offset(at * 10 + 10) },
    ...{ firstIndex: LogIndex(at * 10 + 1), lastIndex: LogIndex(at * 10 + 10) },
    lastTimestamp: active ? NOW_MS : firstTimestamp + MINUTE_MS,
  };
}

/** A leader alone with five segments, all applied, and no limits. */
export function inputOf(changes: Partial<RetentionInput> = {}): RetentionInput {
  const segments = changes.segments ?? segmentsOf(5);
  return {
    settings: { ...DEFAULT_LOG_SETTINGS, segmentBytes: 1000 },
    segments,
    ...{ compacted: [], compactedTo: LogIndex(0) },
    snapshot: { index: LogIndex(0), timestamp: 0 },
    logStartOffset: Offset(0),
    appliedIndex: segments.at(-1)?.lastIndex ?? LogIndex(0),
    nowMs: NOW_MS,
    followers: [],
    ...changes,
  };
}

export function settingsOf(changes: Partial<RetentionInput["settings"]>) {
  return { ...DEFAULT_LOG_SETTINGS, segmentBytes: 1000, ...changes };
}
