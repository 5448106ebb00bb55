import type { NodeId } from "../common/brand.ts";
import { hostOf, isLoopback, portOf } from "./config/address.ts";
import { ConfigError, type ConfigProblem, type Origin } from "./config/problem.ts";
import { logSettingsOf, settingsConflict } from "./config/settings-of.ts";
import { type Settings, settingsSchema } from "./config/schema.ts";
import { type ConfigSources, gatherSettings, type SourcedValue } from "./config/sources.ts";
import type { NodeOptions } from "./node-options.ts";

export { ConfigError } from "./config/problem.ts";
export type { ConfigSources } from "./config/sources.ts";

/** Everything one process is told: the node's own options, and where it listens. */
export interface NodeConfig {
  readonly node: NodeOptions;
  /** `host:port` for clients; port 0 asks for a free one. */
  readonly listenClient: string;
  readonly listenPeer: string;
  /** `host:port` for metrics and probes; absent: they are not served. */
  readonly listenHttp: string | undefined;
  /** Peer addresses of the other voters. */
  readonly peers: ReadonlyMap<NodeId, string>;
}

/** A setting as it is in force, and where it was set. */
export interface ResolvedSetting {
  readonly key: string;
  readonly value: string | Readonly<Record<string, string>>;
  readonly origin: Origin;
}

export interface ResolvedConfig {
  readonly config: NodeConfig;
  /** In the order of the file, with everything that was derived. */
  readonly settings: readonly ResolvedSetting[];
}

/**
 * Flag over environment over file over default, checked by the one schema and then as a whole.
 * @throws ConfigError with every problem found, each naming file and line, variable or flag
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const given = gatherSettings(sources);
  const raw = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const result = settingsSchema.safeParse(raw);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const [key = "", ...inner] = path.map(String);
      return problemAt(given, key, `${[key, ...inner].join(".")}: ${message}`, sources);
    });
    throw new ConfigError(problems);
  }
  const config = assemble(result.data);
  const problems = crossCheck(result.data, config, given, sources);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, settings: describeSettings(given, config) };
}

function assemble(settings: Settings): NodeConfig {
  const nodeId = settings["node.id"];
  const voters = settings["cluster.voters"];
  const clients = settings["cluster.clients"];
  const listenPeer = settings["listen.peer"] ?? voters?.[nodeId] ?? "127.0.0.1:0";
  const listenClient = settings["listen.client"] ?? clients?.[nodeId] ?? "127.0.0.1:7101";
  const election = settings["raft.election-timeout"];
  const addresses = Object.entries(voters ?? { [nodeId]: listenPeer });
  return {
    listenClient,
    listenPeer,
    listenHttp: settings["listen.http"],
    peers: new Map(addresses.filter(([voter]) => voter !== nodeId)),
    node: {
      nodeId,
      dataDirectory: settings["node.data-dir"],
      voters: addresses.map(([voter]) => voter),
      clientAddresses: new Map(Object.entries(clients ?? { [nodeId]: listenClient })),
      electionTimeoutMsMin: election.minMs,
      electionTimeoutMsMax: election.maxMs,
      heartbeatIntervalMs: settings["raft.heartbeat-interval"],
      maxInflightMessages: settings["raft.max.inflight.messages"],
      maxInflightBytes: settings["raft.max.inflight.bytes"],
      maxAppendEntriesBytes: settings["raft.max.append-entries.bytes"],
      maxUncommittedBytes: settings["raft.max.uncommitted.bytes"],
      scrubBytesPerSecond: settings["log.scrub.bytes.per.second"],
      cleanerThreads: settings["log.cleaner.threads"],
      cleanerBytesPerSecond: settings["log.cleaner.io.max.bytes.per.second"],
      compressionType: settings["log.compression.type"],
      settings: logSettingsOf(settings),
    },
  };
}

/** What each value allows alone, but not together. */
function crossCheck(
  settings: Settings,
  { node, listenClient, listenPeer, listenHttp }: NodeConfig,
  given: ReadonlyMap<string, SourcedValue>,
  sources: ConfigSources,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const refuse = (key: string, message: string) =>
    problems.push(problemAt(given, key, `${key}: ${message}`, sources));
  const { nodeId, voters, clientAddresses } = node;
  if (!voters.includes(nodeId))
    refuse("cluster.voters", `this node, ${nodeId}, is not among them (${voters.join(", ")})`);
  const homeless = voters.filter((voter) => !clientAddresses.has(voter));
  if (homeless.length > 0 && voters.includes(nodeId))
    refuse("cluster.clients", `no client address for ${homeless.join(", ")}`);
  const strangers = [...clientAddresses.keys()].filter((name) => !voters.includes(name));
  if (strangers.length > 0 && homeless.length === 0)
    refuse("cluster.clients", `${strangers.join(", ")} is not among cluster.voters`);
  const all = [...Object.values(settings["cluster.voters"] ?? {}), ...clientAddresses.values()];
  const twice = all.find((one, at) => portOf(one) !== 0 && all.indexOf(one) !== at);
  if (twice !== undefined) refuse("cluster.voters", `${twice} is used twice`);
  const conflict = settingsConflict(settings);
  if (conflict !== undefined) refuse(conflict.key, conflict.message);
  if (node.heartbeatIntervalMs * 2 > node.electionTimeoutMsMin)
    refuse("raft.heartbeat-interval", "must be at most half of raft.election-timeout's lower end");
  const ownAddresses = [listenClient, listenPeer, ...all];
  if (listenHttp !== undefined && portOf(listenHttp) !== 0 && ownAddresses.includes(listenHttp))
    refuse("listen.http", `${listenHttp} is used twice`);
  if (!settings["listen.insecure"])
    for (const [key, where] of [
      ["listen.client", listenClient],
      ["listen.peer", listenPeer],
      ["listen.http", listenHttp],
    ] as const)
      if (where !== undefined && !isLoopback(where))
        refuse(
          key,
          `other machines can reach ${hostOf(where)} and nothing is encrypted yet; ` +
            "add --insecure (or listen.insecure: true) if that network is trusted",
        );
  return problems;
}

function problemAt(
  given: ReadonlyMap<string, SourcedValue>,
  key: string,
  message: string,
  sources: ConfigSources,
): ConfigProblem {
  const origin = given.get(key)?.origin;
  return { origin: origin ?? sources.file?.path ?? "configuration", message };
}

function describeSettings(
  given: ReadonlyMap<string, SourcedValue>,
  config: NodeConfig,
): readonly ResolvedSetting[] {
  const { node } = config;
  const derived = (key: string, value: ResolvedSetting["value"]): ResolvedSetting => {
    const origin = given.get(key)?.origin ?? "derived";
    return { key, value, origin };
  };
  const voters = { [node.nodeId]: config.listenPeer, ...Object.fromEntries(config.peers) };
  const ordered = Object.fromEntries(node.voters.map((voter) => [voter, voters[voter] ?? ""]));
  const filled = new Map<string, ResolvedSetting>(
    [...given].map(([key, { value, origin }]) => [key, { key, value, origin }]),
  );
  const late: readonly ResolvedSetting[] = [
    derived("cluster.voters", filled.get("cluster.voters")?.value ?? ordered),
    derived("cluster.clients", Object.fromEntries(node.clientAddresses)),
    derived("listen.client", config.listenClient),
    derived("listen.peer", config.listenPeer),
  ];
  for (const setting of late) filled.set(setting.key, setting);
  return SETTING_ORDER.flatMap((key) => filled.get(key) ?? []);
}

const SETTING_ORDER: readonly string[] = Object.keys(settingsSchema.shape);
