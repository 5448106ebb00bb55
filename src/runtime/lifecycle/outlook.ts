import type { LogIndex } from "../../common/brand.ts";
import { compacts, deletes } from "../../statemachine/settings.ts";
import type { SegmentStatus } from "../../storage/types.ts";
import type { SegmentOutlook, SegmentReason } from "../lifecycle-api.ts";
import { ageText, bytesText } from "./quantity-text.ts";
import {
  decideRetention,
  isSealed,
  MAX_HELD_BACK_SEGMENTS,
  type RetentionDecision,
  type RetentionInput,
  retained,
  uncovered,
} from "./retention.ts";

/** What keeps a segment, beside the policy. */
export interface OutlookInput extends RetentionInput {
  /** Transfers under way need the log from this index on. */
  readonly pinnedFrom: LogIndex | undefined;
}

type Why = readonly [SegmentReason, string];

/** For every segment, compacted ones first: why it is still there, and when it goes. */
export function outlookOf(input: OutlookInput): readonly SegmentOutlook[] {
  const decision = decideRetention(input);
  return [...input.compacted, ...input.segments].map((segment) => {
    const [reason, explanation] = why(input, decision, segment);
    return { segment, reason, explanation, goesAtWallMs: goesAt(input, segment, reason) };
  });
}

function why(input: OutlookInput, decision: RetentionDecision, segment: SegmentStatus): Why {
  const { compactedTo, snapshot, logStartOffset, settings, pinnedFrom } = input;
  const { lastIndex, nextOffset, bytes } = segment;
  if (segment.state === "active")
    return ["active", `takes appends; ${bytesText(bytes)} of ${bytesText(settings.segmentBytes)}`];
  const compacted = input.compacted.includes(segment);
  if (!compacted && !isSealed(input, segment))
    return ["not sealed yet", "its entries are not committed, applied and sealed here yet"];
  const behindStart = nextOffset <= logStartOffset;
  if (!compacted && lastIndex <= snapshot.index && (behindStart || lastIndex <= compactedTo)) {
    if (pinnedFrom !== undefined && lastIndex >= pinnedFrom)
      return ["pinned by a transfer", "a follower is being sent it"];
    return ["goes next", behindStart ? "it lies below the log start" : "it is compacted"];
  }
  const at = decision.expired.findIndex((expired) => expired.segment === segment);
  if (at >= 0 && at < decision.goes)
    return ["goes next", `${decision.expired[at]?.why} lets it go`];
  if (at >= 0) return heldBack(input, decision);
  if (compacted) return ["compacted", `holds the newest record of each of its keys`];
  return stays(input, segment);
}

function heldBack({ settings }: OutlookInput, { heldFor }: RetentionDecision): Why {
  const limit = bytesText(MAX_HELD_BACK_SEGMENTS * settings.segmentBytes);
  return ["held back for a follower", `${heldFor} does not have it yet; ${limit} wait at most`];
}

/** The policy keeps it. */
function stays(input: OutlookInput, segment: SegmentStatus): Why {
  const { settings, snapshot } = input;
  if (compacts(settings) && segment.lastIndex <= snapshot.index)
    return ["waits for compaction", `snapshot ${snapshot.index} covers it`];
  if (!deletes(settings)) return ["no snapshot covers it", untilSnapshot(input)];
  const { retentionBytes, retentionMs } = settings;
  const reasons: string[] = [];
  if (retentionBytes !== undefined) {
    const all = retained(input);
    const newer = all.slice(all.indexOf(segment) + 1).reduce((sum, { bytes }) => sum + bytes, 0);
    reasons.push(
      `retention.bytes keeps ${bytesText(retentionBytes)}, ${bytesText(newer)} are newer`,
    );
  }
  if (retentionMs !== undefined) reasons.push(ageReason(input, segment, retentionMs));
  if (reasons.length > 0) return ["retained", reasons.join("; ")];
  return ["retained", "neither retention.ms nor retention.bytes is set"];
}

function ageReason({ nowMs }: OutlookInput, segment: SegmentStatus, retentionMs: number): string {
  if (nowMs === undefined)
    return `retention.ms keeps ${ageText(retentionMs)}, but the leader's clock is not trusted`;
  const age = ageText(Math.max(0, nowMs - segment.lastTimestamp));
  return `retention.ms keeps ${ageText(retentionMs)}, its newest record is ${age} old`;
}

function untilSnapshot(input: OutlookInput): string {
  const { snapshotMaxRecordBytes, snapshotMaxIntervalMs } = input.settings;
  const bytes = uncovered(input).reduce((sum, segment) => sum + segment.bytes, 0);
  return (
    `a snapshot is taken at ${bytesText(snapshotMaxRecordBytes)} or ` +
    `after ${ageText(snapshotMaxIntervalMs)}; ${bytesText(bytes)} since the last one`
  );
}

function goesAt(
  { settings }: OutlookInput,
  { state, lastTimestamp }: SegmentStatus,
  reason: SegmentReason,
): number | undefined {
  const { retentionMs } = settings;
  if (!deletes(settings) || retentionMs === undefined || state === "active") return undefined;
  return reason === "retained" || reason === "compacted" ? lastTimestamp + retentionMs : undefined;
}
