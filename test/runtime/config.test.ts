import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError, type ConfigSources, resolveConfig } from "../../src/runtime/config.ts";
import { CONFIG_KEYS } from "../../src/runtime/config/keys.ts";
import { settingsSchema } from "../../src/runtime/config/schema.ts";
import { DEFAULT_LOG_SETTINGS } from "../../src/statemachine/settings.ts";

const NOTHING: ConfigSources = { flags: {}, environment: {}, file: undefined };

function fileOf(...lines: readonly string[]): ConfigSources {
  return { ...NOTHING, file: { path: "n1.yaml", text: `${lines.join("\n")}\n` } };
}

function problemsOf(sources: ConfigSources): readonly string[] {
  try {
    resolveConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("the shipped files", () => {
  it.each(["n1", "n2", "n3"])("%s.yaml is valid", (name) => {
    const path = `cluster/${name}.yaml`;
    const { config } = resolveConfig({
      ...NOTHING,
      file: { path, text: readFileSync(path, "utf8") },
    });
    expect(config.node.nodeId).toBe(name);
    expect(config.node.voters).toEqual(["n1", "n2", "n3"]);
    expect(config.peers.size).toBe(2);
    expect(config.listenHttp).toBe(`127.0.0.1:730${name.slice(1)}`);
    expect(config.node.settings).toEqual({
      ...{ ...DEFAULT_LOG_SETTINGS, segmentBytes: 8 << 20, segmentMs: 604_800_000 },
    });
  });
});

describe("a data directory alone", () => {
  it("makes a cluster of one on loopback", () => {
    const { config } = resolveConfig({ ...NOTHING, flags: { "data-dir": "d" } });
    expect(config).toMatchObject({ listenClient: "127.0.0.1:7101", listenPeer: "127.0.0.1:0" });
    expect(config.listenHttp).toBeUndefined();
    expect(config.node).toMatchObject({ nodeId: "n1", dataDirectory: "d", voters: ["n1"] });
    expect(config.peers.size).toBe(0);
  });
});

describe("a setting", () => {
  const file = { path: "n1.yaml", text: "node: { data-dir: d }\nlog: { segment.bytes: 1MiB }\n" };
  const environment = { BALSA_SEGMENT_BYTES: "2MiB" };
  const flags = { "segment-bytes": "3MiB" };
  const origin = (sources: ConfigSources) =>
    resolveConfig(sources).settings.find(({ key }) => key === "log.segment.bytes");

  it("is taken from the flag, then the variable, then the file, then the default", () => {
    expect(origin({ file, environment, flags })).toMatchObject({
      ...{ value: "3MiB", origin: "--segment-bytes" },
    });
    expect(origin({ file, environment, flags: {} })).toMatchObject({
      ...{ value: "2MiB", origin: "BALSA_SEGMENT_BYTES" },
    });
    expect(origin({ file, environment: {}, flags: {} })).toMatchObject({
      ...{ value: "1MiB", origin: "n1.yaml:2" },
    });
    expect(origin({ ...NOTHING, flags: { "data-dir": "d" } })).toMatchObject({
      ...{ value: "64MiB", origin: "default" },
    });
  });

  it("shapes the log as the first leader will propose it", () => {
    const text = "node.data-dir: d\nlog: { retention.ms: 1h, cleanup.policy: 'compact,delete' }";
    const flags = { "retention-bytes": "1GiB", "snapshot-max-interval": "10s" };
    const { settings } = resolveConfig({ ...NOTHING, flags, file: { path: "f", text } }).config
      .node;
    expect(settings).toMatchObject({
      ...{ retentionMs: 3_600_000, retentionBytes: 1 << 30, cleanupPolicy: "compact,delete" },
      snapshotMaxIntervalMs: 10_000,
    });
  });

  it("may be nested or dotted in the file", () => {
    const texts = [
      "node.data-dir: d\nlog.segment.bytes: 4KiB",
      "node:\n  data-dir: d\nlog:\n  segment:\n    bytes: 4KiB",
      "node: { data-dir: d }\nlog: { segment.bytes: 4096 }",
    ];
    for (const text of texts)
      expect(
        resolveConfig({ ...NOTHING, file: { path: "f", text } }).config.node.settings.segmentBytes,
      ).toBe(4096);
  });

  it("has one row in the table of keys and one in the schema", () => {
    expect(CONFIG_KEYS.map(({ key }) => key).sort()).toEqual(
      Object.keys(settingsSchema.shape).sort(),
    );
    expect(new Set(CONFIG_KEYS.map(({ flag }) => flag)).size).toBe(CONFIG_KEYS.length);
  });

  it("has a default that the schema accepts and that does not move", () => {
    const { config, settings } = resolveConfig({ ...NOTHING, flags: { "data-dir": "d" } });
    expect(config.node).toMatchObject({
      ...{ heartbeatIntervalMs: 50, electionTimeoutMsMin: 500, electionTimeoutMsMax: 1000 },
      ...{ maxInflightMessages: 64, maxInflightBytes: 16 << 20, maxUncommittedBytes: 64 << 20 },
      maxAppendEntriesBytes: 1 << 20,
    });
    const unlimited = ["log.retention.ms", "log.retention.bytes", "listen.http"];
    expect(settings.map(({ key }) => key)).toEqual(
      Object.keys(settingsSchema.shape).filter((key) => !unlimited.includes(key)),
    );
    const { segmentMs, ...rest } = config.node.settings;
    expect({ ...rest, segmentMs: undefined }).toEqual(DEFAULT_LOG_SETTINGS);
    expect(segmentMs).toBe(604_800_000);
    expect(config.node.cleanerThreads).toBe(1);
  });
});

describe("a mistake", () => {
  it.each<[string, readonly string[], string]>([
    [
      "a mistyped key",
      ["node: { data-dir: d }", "log:", "  segment.byte: 8MiB"],
      'n1.yaml:3: unknown key "log.segment.byte", did you mean "log.segment.bytes"?',
    ],
    [
      "a mistyped section",
      ["node: { data-dir: d }", "listne: { client: 127.0.0.1:1 }"],
      'n1.yaml:2: unknown key "listne", did you mean "listen"?',
    ],
    [
      "a key that is not built yet",
      ["node: { data-dir: d }", "log: { index.interval.bytes: 4096 }"],
      'n1.yaml:2: unknown key "log.index.interval.bytes"',
    ],
    [
      "a policy nobody knows",
      ["node: { data-dir: d }", "log: { cleanup.policy: compct }"],
      'n1.yaml:2: log.cleanup.policy: "compct" is none of delete | compact | compact,delete',
    ],
    [
      "a share above one",
      ["node: { data-dir: d }", "log: { min.cleanable.dirty.ratio: 50 }"],
      'n1.yaml:2: log.min.cleanable.dirty.ratio: "50" is not a share between 0 and 1, such as 0.5',
    ],
    [
      "less retention than one segment",
      ["node: { data-dir: d }", "log: { segment.bytes: 1MiB, retention.bytes: 1000 }"],
      "n1.yaml:2: log.retention.bytes: retention.bytes 1000 is less than one segment.bytes 1048576",
    ],
    [
      "retention where nothing is deleted",
      ["node: { data-dir: d }", "log: { cleanup.policy: compact, retention.ms: 1h }"],
      "n1.yaml:2: log.retention.ms: cleanup.policy compact keeps every key; use compact,delete",
    ],
    [
      "a size without a unit it knows",
      ["node: { data-dir: d }", "log:", "  segment.bytes: 8M"],
      'n1.yaml:3: log.segment.bytes: "8M" is not a size such as 65536, 64KiB or 8MiB',
    ],
    [
      "a segment that is too small",
      ["node: { data-dir: d }", "log: { segment.bytes: 10 }"],
      "n1.yaml:2: log.segment.bytes: must be between 256B and 1GiB",
    ],
    [
      "a timeout that falls",
      ["node: { data-dir: d }", "raft: { election-timeout: 900ms-300ms }"],
      'n1.yaml:2: raft.election-timeout: "900ms-300ms" must rise, from 10ms or more: 500ms-1000ms',
    ],
    [
      "a heartbeat slower than elections",
      ["node: { data-dir: d }", "raft: { heartbeat-interval: 400ms }"],
      "n1.yaml:2: raft.heartbeat-interval: must be at most half of raft.election-timeout's",
    ],
    [
      "a node that is not among the voters",
      ["node: { id: n4, data-dir: d }", "cluster: { voters: { n1: 127.0.0.1:1 } }"],
      "n1.yaml:2: cluster.voters: this node, n4, is not among them (n1)",
    ],
    [
      "a voter without a client address",
      ["node: { data-dir: d }", "cluster: { voters: { n1: 127.0.0.1:1, n2: 127.0.0.1:2 } }"],
      "n1.yaml: cluster.clients: no client address for n2",
    ],
    [
      "a page of metrics that others can reach",
      ["node: { data-dir: d }", "listen: { http: 0.0.0.0:7301 }"],
      "n1.yaml:2: listen.http: other machines can reach 0.0.0.0 and nothing is encrypted yet; " +
        "add --insecure (or listen.insecure: true) if that network is trusted",
    ],
    [
      "a page of metrics where clients connect",
      ["node: { data-dir: d }", "listen: { client: 127.0.0.1:7101, http: 127.0.0.1:7101 }"],
      "n1.yaml:2: listen.http: 127.0.0.1:7101 is used twice",
    ],
    [
      "an address that others can reach",
      ["node: { data-dir: d }", "listen: { client: 0.0.0.0:7101 }"],
      "n1.yaml:2: listen.client: other machines can reach 0.0.0.0 and nothing is encrypted yet; " +
        "add --insecure (or listen.insecure: true) if that network is trusted",
    ],
    ["an address without a port", ["node: { data-dir: d }", "listen.peer: localhost"], "n1.yaml:2"],
    ["YAML that is none", ["node: { data-dir: d"], "n1.yaml:2: "],
    ["a list", ["- a", "- b"], "n1.yaml:1: a map of settings is expected"],
    ["a key that is set twice", ["node.data-dir: d", "node: { data-dir: e }"], "n1.yaml:2: "],
    ["a key without a value", ["node:", "  data-dir:"], 'n1.yaml:2: "node.data-dir" needs'],
  ])("such as %s names its line", (_, lines, expected) => {
    expect(problemsOf(fileOf(...lines)).join("\n")).toContain(expected);
  });

  it("in a variable names the variable", () => {
    const environment = { BALSA_SEGMENT_BYTES: "lots" };
    expect(problemsOf({ ...NOTHING, flags: { "data-dir": "d" }, environment })).toEqual([
      'BALSA_SEGMENT_BYTES: log.segment.bytes: "lots" is not a size such as 65536, 64KiB or 8MiB',
    ]);
  });

  it("in a variable's name is found; variables of others are left alone", () => {
    const flags = { "data-dir": "d" };
    const typo = { BALSA_SEGMENT_BYTE: "1MiB" };
    const kubernetes = { BALSA_SERVICE_HOST: "10.0.0.1", BALSA_PORT: "tcp://10.0.0.1:1" };
    expect(problemsOf({ ...NOTHING, flags, environment: typo })).toEqual([
      "BALSA_SEGMENT_BYTE: unknown variable, did you mean BALSA_SEGMENT_BYTES?",
    ]);
    expect(problemsOf({ ...NOTHING, flags, environment: kubernetes })).toEqual([]);
  });

  it("does not hide another one", () => {
    const lines = ["node: { data-dir: d }", "log: { segment.byte: 1, segment.m: 2 }", "x: 1"];
    expect(problemsOf(fileOf(...lines))).toHaveLength(3);
  });

  it("is forgiven by --insecure where only the address was wrong", () => {
    const sources = fileOf("node: { data-dir: d }", "listen: { client: 0.0.0.0:7101 }");
    expect(problemsOf({ ...sources, flags: { insecure: "true" } })).toEqual([]);
  });
});
