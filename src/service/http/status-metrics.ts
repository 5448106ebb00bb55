import type { MetricFamily, MetricKind } from "../../runtime/metrics.ts";
import type { NodeStatus } from "../../runtime/node-api.ts";

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What `Status` tells, as gauges: role, positions in the log, and how far the followers are. */
export function statusMetrics(status: NodeStatus): readonly MetricFamily[] {
  const { raft, logStartOffset, highWatermark, nextOffset, uptimeMs, voter, waiting } = status;
  const always = [
    one("uptime_seconds", "Since this node started.", uptimeMs / 1000),
    one("node_waiting", "1 while it does not take part yet.", waiting === undefined ? 0 : 1),
    one("raft_voter", "1 where its vote counts.", voter ? 1 : 0),
    one("raft_log_start_offset", "First offset that may be read.", logStartOffset),
    one("raft_log_end_offset", "Offset after the last record, committed or not.", nextOffset),
    one("raft_commit_offset", "Offset after the last committed record.", highWatermark),
  ];
  if (raft === undefined) return always;
  const { role, leaderId, currentTerm, peers, lastIndex, commitIndex, appliedIndex } = raft;
  return [
    ...always,
    one("raft_has_leader", "1 while a leader is known.", leaderId === undefined ? 0 : 1),
    one("raft_is_leader", "1 on the leader.", role === "leader" ? 1 : 0),
    one("raft_role", "Always 1; the role is a label.", 1, { role }),
    one("raft_term", "Current term.", currentTerm),
    one("raft_last_index", "Index of the last entry.", lastIndex),
    one("raft_commit_index", "Last entry known to be committed.", commitIndex),
    one("raft_applied_index", "Last entry applied.", appliedIndex),
    one("raft_uncommitted_bytes", "Held until a majority has it.", raft.uncommittedBytes),
    one("raft_damaged", "1 while an entry waits for its repair.", raft.firstFaulty ? 1 : 0),
    family(
      "peer_match_index",
      "Last entry a follower is known to have; told by the leader.",
      peers.map(({ peer, matchIndex }) => [{ peer }, matchIndex]),
    ),
    family(
      "peer_lag_entries",
      "Entries a follower lacks; told by the leader.",
      peers.map(({ peer, matchIndex }) => [{ peer }, Math.max(0, lastIndex - matchIndex)]),
    ),
    family(
      "peer_inflight_bytes",
      "Bytes on their way to a follower; told by the leader.",
      peers.map(({ peer, inflightBytes }) => [{ peer }, inflightBytes]),
    ),
    family(
      "peer_inflight_batches",
      "Messages with entries on their way to a follower; told by the leader.",
      peers.map(({ peer, inflightMessages }) => [{ peer }, inflightMessages]),
    ),
  ];
}

function one(
  name: string,
  help: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): MetricFamily {
  return family(name, help, [[labels, value]]);
}

function family(plainName: string, help: string, samples: readonly Sample[]): MetricFamily {
  const name = `balsa_${plainName}`;
  const kind: MetricKind = "gauge";
  return {
    ...{ name, help, kind },
    samples: samples.map(([labels, value]) => ({ name, labels, value })),
  };
}
