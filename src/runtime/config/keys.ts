/** One setting: its key in the file, its flag, and what it means. Needs no other module, so that
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
    | "switch";
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
