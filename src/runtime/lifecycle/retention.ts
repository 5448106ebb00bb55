import { LogIndex, type NodeId, type Offset } from "../../common/brand.ts";
import type { SnapshotMark } from "../../statemachine/checkpoint-state.ts";
import { compacts, deletes, type LogSettings } from "../../statemachine/settings.ts";
import type { SegmentStatus } from "../../storage/types.ts";

/** What a live follower still needs may be kept beyond the policy, up to this many segments. */
export const MAX_HELD_BACK_SEGMENTS = 8;

/** One follower, as its leader sees it. */
export interface FollowerView {
  readonly peer: NodeId;
  readonly matchIndex: LogIndex;
  /** It was heard lately: what it lacks is kept for it, up to the limit. */
  readonly live: boolean;
}

/** All that the decision depends on. */
export interface RetentionInput {
  readonly settings: LogSettings;
  /** Of the log, oldest first; the last one is active. */
  readonly segments: readonly SegmentStatus[];
  /** Of the compacted prefix, oldest first. */
  readonly compacted: readonly SegmentStatus[];
  /** The compacted prefix reaches up to here. */
  readonly compactedTo: LogIndex;
  /** The newest `control: snapshot` that was applied. */
  readonly snapshot: SnapshotMark;
  readonly logStartOffset: Offset;
  readonly appliedIndex: LogIndex;
  /** The leader's wall clock; absent while it is not to be trusted: ages count for nothing. */
  readonly nowMs: number | undefined;
  readonly followers: readonly FollowerView[];
}

export type RollReason = "segment.ms" | "retention.ms" | "snapshot";

/** Why a sealed segment goes. */
export type ExpiryReason = "trimmed" | "retention.bytes" | "retention.ms";

/** What to propose now; absent parts need no entry. */
export interface RetentionDecision {
  readonly roll: RollReason | undefined;
  readonly snapshot: LogIndex | undefined;
  readonly trim: Offset | undefined;
  /** Segments that the policy lets go, oldest first; some may be held back. */
  readonly expired: readonly { readonly segment: SegmentStatus; readonly why: ExpiryReason }[];
  /** How many of `expired` go now: the rest is held back for `heldFor`. */
  readonly goes: number;
  readonly heldFor: NodeId | undefined;
}

/**
 * What the policy wants of the log now: a function of what the leader knows, with no state of its
 * own, so that the same answer drives the proposals, the dry run and `segments info`.
 */
export function decideRetention(input: RetentionInput): RetentionDecision {
  const expired = expiredOf(input);
  const { goes, heldFor } = heldBack(
    input,
    expired.map(({ segment }) => segment),
  );
  const last = expired[goes - 1]?.segment;
  const byDelete = last === undefined || isCompacted(input, last) ? 0 : last.lastIndex;
  const compaction = snapshotToCompact(input);
  const snapshot = Math.max(byDelete, compaction.index);
  return {
    roll: rollByAge(input) ?? (compaction.needsRoll ? "snapshot" : undefined),
    snapshot: snapshot > input.snapshot.index ? LogIndex(snapshot) : undefined,
    trim:
      last !== undefined && last.nextOffset > input.logStartOffset ? last.nextOffset : undefined,
    ...{ expired, goes, heldFor },
  };
}

/** Sealed here and applied: the only ones that may go. */
export function isSealed({ appliedIndex }: RetentionInput, segment: SegmentStatus): boolean {
  return segment.state === "sealed" && segment.lastIndex <= appliedIndex;
}

/** What counts for `retention.bytes`, oldest first: nothing twice. */
export function retained(input: RetentionInput): readonly SegmentStatus[] {
  const { compacted, segments, compactedTo } = input;
  return [...compacted, ...segments.filter(({ lastIndex }) => lastIndex > compactedTo)];
}

export function hasRecords({ baseOffset, nextOffset }: SegmentStatus): boolean {
  return nextOffset > baseOffset;
}

/** Segments behind the last snapshot. */
export function uncovered({ segments, snapshot }: RetentionInput): readonly SegmentStatus[] {
  return segments.filter(({ firstIndex }) => firstIndex > snapshot.index);
}

function isCompacted({ compacted }: RetentionInput, segment: SegmentStatus): boolean {
  return compacted.includes(segment);
}

/** The oldest segments that the policy lets go: the first that stays ends the list. */
function expiredOf(input: RetentionInput): RetentionDecision["expired"] {
  const all = retained(input);
  let bytes = all.reduce((sum, segment) => sum + segment.bytes, 0);
  const expired: { segment: SegmentStatus; why: ExpiryReason }[] = [];
  for (const segment of all) {
    if (!isSealed(input, segment) && !isCompacted(input, segment)) break;
    bytes -= segment.bytes;
    const why = expiry(input, segment, bytes);
    if (why === undefined) break;
    expired.push({ segment, why });
  }
  return expired;
}

/** @param newerBytes what the log still holds without it and all before it. */
function expiry(
  { settings, logStartOffset, nowMs }: RetentionInput,
  { nextOffset, lastTimestamp }: SegmentStatus,
  newerBytes: number,
): ExpiryReason | undefined {
  const { retentionBytes, retentionMs } = settings;
  if (logStartOffset > 0 && nextOffset <= logStartOffset) return "trimmed";
  if (!deletes(settings)) return undefined;
  if (retentionBytes !== undefined && newerBytes >= retentionBytes) return "retention.bytes";
  const aged = retentionMs !== undefined && nowMs !== undefined;
  return aged && lastTimestamp + retentionMs <= nowMs ? "retention.ms" : undefined;
}

/** How many of these, oldest first, may go although followers that live may need them. */
function heldBack(
  { settings, followers }: RetentionInput,
  going: readonly SegmentStatus[],
): { readonly goes: number; readonly heldFor: NodeId | undefined } {
  const live = followers.filter((follower) => follower.live);
  const slowest = live.reduce<FollowerView | undefined>(
    (slow, next) => (slow === undefined || next.matchIndex < slow.matchIndex ? next : slow),
    undefined,
  );
  if (slowest === undefined) return { goes: going.length, heldFor: undefined };
  const needed = going.findIndex(({ lastIndex }) => lastIndex > slowest.matchIndex);
  if (needed < 0) return { goes: going.length, heldFor: undefined };
  const limit = MAX_HELD_BACK_SEGMENTS * settings.segmentBytes;
  let bytes = going.slice(needed).reduce((sum, segment) => sum + segment.bytes, 0);
  let goes = needed;
  for (const segment of going.slice(needed)) {
    if (bytes <= limit) break;
    bytes -= segment.bytes;
    goes++;
  }
  return { goes, heldFor: goes < going.length ? slowest.peer : undefined };
}

/** Under a policy that compacts: the newest seal, when enough was written or time has passed. */
function snapshotToCompact(input: RetentionInput): {
  readonly index: number;
  readonly needsRoll: boolean;
} {
  const behind = uncovered(input);
  if (!compacts(input.settings) || !behind.some(hasRecords) || !isSnapshotDue(input, behind))
    return { index: 0, needsRoll: false };
  const sealed = behind.filter((segment) => isSealed(input, segment));
  if (sealed.length === 0) {
    const active = behind.at(-1);
    const needsRoll = behind.length === 1 && active?.state === "active" && hasRecords(active);
    return { index: 0, needsRoll };
  }
  const { goes } = heldBack(input, sealed);
  return { index: sealed[goes - 1]?.lastIndex ?? 0, needsRoll: false };
}

function isSnapshotDue(
  { settings, snapshot, nowMs }: RetentionInput,
  behind: readonly SegmentStatus[],
): boolean {
  const bytes = behind.reduce((sum, segment) => sum + segment.bytes, 0);
  if (bytes >= settings.snapshotMaxRecordBytes) return true;
  const sinceMs = Math.max(snapshot.timestamp, behind[0]?.firstTimestamp ?? 0);
  return nowMs !== undefined && nowMs - sinceMs >= settings.snapshotMaxIntervalMs;
}

/** The active segment is old enough to end although nobody appends. */
function rollByAge({ settings, segments, nowMs }: RetentionInput): RollReason | undefined {
  const active = segments.at(-1);
  if (active?.state !== "active" || !hasRecords(active) || nowMs === undefined) return undefined;
  const { segmentMs, retentionMs } = settings;
  if (segmentMs !== undefined && active.firstTimestamp + segmentMs <= nowMs) return "segment.ms";
  if (!deletes(settings) || retentionMs === undefined) return undefined;
  return active.lastTimestamp + retentionMs <= nowMs ? "retention.ms" : undefined;
}
