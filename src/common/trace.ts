import type { NodeId, Term } from "./brand.ts";

/** The closed list of what can be told; log lines, simulator and flight recorder share it. */
export const TRACE_EVENT_NAMES = [
  "node.started",
  "node.ready",
  "node.stopped",
  "node.halted",
  "cluster.waiting",
  "cluster.formed",
  "cluster.joined",
  "preVote.started",
  "election.started",
  "election.won",
  "election.lost",
  "vote.granted",
  "vote.refused",
  "leader.repairing",
  "leader.noopApplied",
  "leader.ready",
  "leader.followed",
  "leader.steppedDown",
  "settings.applied",
  "stream.opened",
  "stream.closed",
  "peer.refused",
  "entry.appended",
  "entry.committed",
  "entry.applied",
  "append.acknowledged",
  "disk.synced",
  "disk.low",
  "disk.recovered",
  "disk.stalled",
  "log.opened",
  "log.truncated",
  "segment.rolled",
  "segment.sealed",
  "segment.deleted",
  "segment.compressed",
  "log.trimmed",
  "snapshot.taken",
  "snapshot.damaged",
  "compaction.started",
  "compaction.finished",
  "upkeep.delayed",
  "append.rejected",
  "entry.damaged",
  "entry.repaired",
  "entry.discarded",
  "segment.rebuilt",
  "scrub.passed",
  "peer.forgot",
  "snapshot.sending",
  "snapshot.sent",
  "snapshot.received",
  "snapshot.installed",
  "snapshot.refused",
  "snapshot.mended",
] as const;

export type TraceEventName = (typeof TRACE_EVENT_NAMES)[number];

/** Facts of one event: plain values only, so that every consumer can print and compare them. */
export type TraceFacts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface TraceEvent {
  readonly seq: number;
  readonly node: NodeId;
  /** Milliseconds of the injected clock. */
  readonly time: number;
  readonly term: Term;
  readonly event: TraceEventName;
  readonly facts: TraceFacts;
}
