import type { LogIndex, NodeId } from "../common/brand.ts";
import type { LogStore } from "../storage/types.ts";
import type { NodeMetrics, Series } from "./metrics.ts";

/** What the gauges look at, asked anew each time. */
export interface MemberView {
  readonly log: Pick<LogStore, "tail" | "segments" | "offsetAfter">;
  /** Entries taken from clients and not decided yet. */
  readonly pendingProposals: number;
  /** As of the last look; absent before the first. */
  readonly freeBytes: number | undefined;
  /** Entries that this node learned to be committed, and applied, since it started. */
  readonly committed: number;
  readonly applied: number;
  /** The followers, where this node leads. */
  readonly peers: readonly { readonly peer: NodeId; readonly matchIndex: LogIndex }[];
}

/** Gauges of a node that takes part; `view` answers nothing before that. */
export function addMemberGauges(metrics: NodeMetrics, view: () => MemberView | undefined): void {
  metrics.gauge("balsa_proposals_pending", "Entries taken and not decided yet.", () => {
    return view()?.pendingProposals;
  });
  const counted = (name: string, help: string, read: (now: MemberView) => number) =>
    metrics.counted(`balsa_proposals_${name}_total`, help, () => {
      const now = view();
      return now && read(now);
    });
  counted("committed", "Entries found committed since the start.", ({ committed }) => committed);
  counted("applied", "Entries applied since the start.", ({ applied }) => applied);
  metrics.gauge("balsa_disk_free_bytes", "Room left for the data directory.", () => {
    return view()?.freeBytes;
  });
  metrics.gauge(
    "balsa_peer_match_offset",
    "Offset after the last record a follower is known to have; told by the leader.",
    () => ofPeers(view(), (log, matchIndex) => offsetAfter(log, matchIndex)),
  );
  metrics.gauge(
    "balsa_peer_lag_records",
    "Records a follower lacks, to the segment where it is far behind; told by the leader.",
    () =>
      ofPeers(view(), (log, matchIndex) =>
        Math.max(0, log.tail.nextOffset - offsetAfter(log, matchIndex)),
      ),
  );
}

function ofPeers(
  view: MemberView | undefined,
  value: (log: MemberView["log"], matchIndex: LogIndex) => number,
): readonly Series[] {
  const { log, peers = [] } = view ?? {};
  if (log === undefined) return [];
  return peers.map(({ peer, matchIndex }) => ({ labels: { peer }, value: value(log, matchIndex) }));
}

/** Without a look at the disk: within a sealed segment, where that segment begins. */
function offsetAfter(log: MemberView["log"], index: LogIndex): number {
  const segments = log.segments();
  const holding = segments.find(({ firstIndex, lastIndex }) => {
    return firstIndex <= index && index <= lastIndex;
  });
  if (holding?.state === "sealed")
    return index === holding.lastIndex ? holding.nextOffset : holding.baseOffset;
  if (holding === undefined && index < log.tail.last.index) return segments[0]?.baseOffset ?? 0;
  const offset = log.offsetAfter(index);
  return typeof offset === "number" ? offset : (holding?.baseOffset ?? 0);
}
