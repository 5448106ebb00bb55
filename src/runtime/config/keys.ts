import { COMPACTION_STRATEGIES } from "../../common/compaction-strategies.ts";
import { COMPRESSION_TYPES } from "../../common/compression-types.ts";
import { CLEANUP_POLICIES } from "../../statemachine/settings.ts";

/** One setting: its key in the file, its flag, and what it means. Needs no other library, so that
 * `--help` can print it without loading the schema. */
export interface ConfigKey {
  /** Key in the file, dots for nesting: `log.segment.bytes`. */
  readonly key: string;
  /** Flag of `balsa start`, without dashes; the variable is `BALSA_` and the flag in capitals. */
  readonly flag: string;
  /** What the value looks like in `--help`. */
  readonly kind:
    | "name"
    | "path"
    | "address"
    | "addresses"
    | "duration"
    | "size"
    | "count"
    | "ratio"
    | "choice"
    | "switch";
  /** What may be chosen, where the value is a `choice`. */
  readonly choices?: readonly string[];
  readonly fallback?: string;
  /** What is used when it is absent and there is no fixed default. */
  readonly fallbackNote?: string;
  readonly describe: string;
}

/** Every setting that a node understands today. What is not here does not exist. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  {
    key: "node.id",
    flag: "node-id",
    kind: "name",
    fallback: "n1",
    describe: "Name of this node; fixed for the life of its data directory",
  },
  {
    key: "node.data-dir",
    flag: "data-dir",
    kind: "path",
    describe: "Directory of the log; made when it does not exist; one process at a time",
  },
  {
    key: "cluster.voters",
    flag: "voters",
    kind: "addresses",
    fallbackNote: "this node alone",
    describe: "All voters and their peer addresses, this node among them; equal on all nodes",
  },
  {
    key: "cluster.clients",
    flag: "clients",
    kind: "addresses",
    fallbackNote: "this node alone",
    describe: "Client addresses of all voters: where a client is sent when another node leads",
  },
  {
    key: "listen.client",
    flag: "listen-client",
    kind: "address",
    fallbackNote: "this node's in cluster.clients, else 127.0.0.1:7101",
    describe: "Where clients connect; port 0 takes a free one",
  },
  {
    key: "listen.peer",
    flag: "listen-peer",
    kind: "address",
    fallbackNote: "this node's in cluster.voters, else a free port of 127.0.0.1",
    describe: "Where the other nodes connect",
  },
  {
    key: "listen.http",
    flag: "listen-http",
    kind: "address",
    fallbackNote: "not served",
    describe: "Where /metrics, /livez and /readyz are served over plain HTTP",
  },
  {
    key: "listen.insecure",
    flag: "insecure",
    kind: "switch",
    fallback: "false",
    describe: "Allow addresses that other machines can reach, although nothing is encrypted",
  },
  {
    key: "raft.heartbeat-interval",
    flag: "heartbeat-interval",
    kind: "duration",
    fallback: "50ms",
    describe: "How often a leader says that it lives; well below the election timeout",
  },
  {
    key: "raft.election-timeout",
    flag: "election-timeout",
    kind: "duration",
    fallback: "500ms-1000ms",
    describe: "Silence after which a follower campaigns, drawn from this range each time",
  },
  {
    key: "raft.max.inflight.messages",
    flag: "max-inflight-messages",
    kind: "count",
    fallback: "64",
    describe: "AppendEntries messages on their way to one follower",
  },
  {
    key: "raft.max.inflight.bytes",
    flag: "max-inflight-bytes",
    kind: "size",
    fallback: "16MiB",
    describe: "AppendEntries bytes on their way to one follower",
  },
  {
    key: "raft.max.append-entries.bytes",
    flag: "max-append-entries-bytes",
    kind: "size",
    fallback: "1MiB",
    describe: "Frame bytes in one AppendEntries message; a single larger frame goes alone",
  },
  {
    key: "raft.max.uncommitted.bytes",
    flag: "max-uncommitted-bytes",
    kind: "size",
    fallback: "64MiB",
    describe: "Appends a leader holds before a majority has them; above it it answers BACKPRESSURE",
  },
  {
    key: "log.segment.bytes",
    flag: "segment-bytes",
    kind: "size",
    fallback: "64MiB",
    describe: "Size at which the leader starts a new segment; proposed by the first leader",
  },
  {
    key: "log.segment.ms",
    flag: "segment-ms",
    kind: "duration",
    fallback: "7d",
    describe: "Age at which the leader starts a new segment; proposed by the first leader",
  },
  {
    key: "log.retention.ms",
    flag: "retention-ms",
    kind: "duration",
    fallbackNote: "unlimited",
    describe: "Age of a segment's newest record at which it goes; proposed by the first leader",
  },
  {
    key: "log.retention.bytes",
    flag: "retention-bytes",
    kind: "size",
    fallbackNote: "unlimited",
    describe: "The oldest segments go while the rest holds this much; proposed by the first leader",
  },
  {
    key: "log.cleanup.policy",
    flag: "cleanup-policy",
    kind: "choice",
    choices: CLEANUP_POLICIES,
    fallback: "delete",
    describe: "Whether old segments go, keep the newest record of each key, or both",
  },
  {
    key: "log.compaction.strategy",
    flag: "compaction-strategy",
    kind: "choice",
    choices: COMPACTION_STRATEGIES,
    fallback: "key",
    describe: "Which segments are rewritten together when the policy compacts",
  },
  {
    key: "log.min.cleanable.dirty.ratio",
    flag: "min-cleanable-dirty-ratio",
    kind: "ratio",
    fallback: "0.5",
    describe: "Share of the log, 0 to 1, that must be new before it is compacted again",
  },
  {
    key: "log.min.compaction.lag.ms",
    flag: "min-compaction-lag-ms",
    kind: "duration",
    fallback: "0ms",
    describe: "Records younger than this are not compacted away",
  },
  {
    key: "log.delete.retention.ms",
    flag: "delete-retention-ms",
    kind: "duration",
    fallback: "24h",
    describe: "How long a compacted log still shows that a key was deleted",
  },
  {
    key: "log.cleaner.threads",
    flag: "cleaner-threads",
    kind: "count",
    fallback: "1",
    describe: "Worker threads that compact on this node",
  },
  {
    key: "log.cleaner.io.max.bytes.per.second",
    flag: "cleaner-io-max-bytes-per-second",
    kind: "size",
    fallback: "64MiB",
    describe: "How fast a compaction on this node reads and writes, both together",
  },
  {
    key: "log.compression.type",
    flag: "compression-type",
    kind: "choice",
    choices: COMPRESSION_TYPES,
    fallback: "none",
    describe: "Whether this node's cold segments and compacted files are kept compressed",
  },
  {
    key: "snapshot.max.record.bytes.between",
    flag: "snapshot-max-record-bytes-between",
    kind: "size",
    fallback: "20MiB",
    describe: "Bytes after which the next snapshot is taken when the policy compacts",
  },
  {
    key: "snapshot.max.interval",
    flag: "snapshot-max-interval",
    kind: "duration",
    fallback: "1h",
    describe: "Time after which it is taken anyway, if there is anything new",
  },
  {
    key: "log.scrub.bytes.per.second",
    flag: "scrub-bytes-per-second",
    kind: "size",
    fallback: "8MiB",
    describe: "How fast sealed segments are read in the background to find damage early",
  },
];

/** `BALSA_SEGMENT_BYTES` for the flag `segment-bytes`. */
export function environmentName(flag: string): string {
  return `BALSA_${flag.toUpperCase().replaceAll("-", "_")}`;
}
