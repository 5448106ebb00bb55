import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../../../src/common/trace.ts";
import { EventMetrics } from "../../../src/runtime/event-metrics.ts";
import { LogMetrics } from "../../../src/runtime/log-metrics.ts";
import { MeasuredFileSystem } from "../../../src/runtime/measured-file-system.ts";
import { addMemberGauges } from "../../../src/runtime/member-metrics.ts";
import { type MetricFamily, NodeMetrics } from "../../../src/runtime/metrics.ts";
import { PeerMetrics } from "../../../src/runtime/peer-metrics.ts";
import { ProposalMetrics } from "../../../src/runtime/proposal-metrics.ts";
import { addSystemMetrics } from "../../../src/runtime/system-metrics.ts";
import { metricsText } from "../../../src/service/http/metrics-text.ts";
import { statusMetrics } from "../../../src/service/http/status-metrics.ts";
import { OpenCalls } from "../../../src/service/open-calls.ts";
import { ServiceMetrics } from "../../../src/service/service-metrics.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { FakeNode } from "../../support/fake-node.ts";
import { faultsOf } from "./exposition-check.ts";

function family(
  name: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): MetricFamily {
  return { name, help: "Help.", kind: "gauge", samples: [{ name, labels, value }] };
}

describe("the text of metrics", () => {
  it("has help, type and one line a sample", () => {
    expect(metricsText([family("a_bytes", 1.5, { state: "active", of: "n1" })])).toBe(
      '# HELP a_bytes Help.\n# TYPE a_bytes gauge\na_bytes{state="active",of="n1"} 1.5\n',
    );
  });

  it("escapes what would end a label or a line", () => {
    const text = metricsText([{ ...family("a", 1, { why: 'a "b"\\\n' }), help: "one\\\ntwo" }]);
    expect(text).toContain("# HELP a one\\\\\\ntwo\n");
    expect(text).toContain('a{why="a \\"b\\"\\\\\\n"} 1\n');
  });

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    [1e-7, "1e-7"],
  ])("writes %d as %s", (value, written) => {
    expect(metricsText([family("a", value)])).toContain(`\na ${written}\n`);
  });

  it("has histograms with buckets that grow, a sum and a count", () => {
    const metrics = new NodeMetrics();
    const seconds = metrics.histogram("t_seconds", "Time.", [0.1, 1]);
    for (const value of [0.05, 0.5, 5]) seconds.observe(value);
    expect(metricsText(metrics.collect())).toBe(
      "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n" +
        't_seconds_bucket{le="0.1"} 1\nt_seconds_bucket{le="1"} 2\n' +
        't_seconds_bucket{le="+Inf"} 3\n' +
        "t_seconds_sum 5.55\nt_seconds_count 3\n",
    );
  });
});

describe("what a node exposes", () => {
  const node = new FakeNode("n1");
  node.lead(1);
  const metrics = new NodeMetrics();
  const log = new LogMetrics(metrics, () => undefined);
  const events = new EventMetrics(metrics);
  log.checkpointed(12);
  events.traced({ event: "disk.low" } as TraceEvent);
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  addSystemMetrics(metrics, "1.0.0");
  addMemberGauges(metrics, () => undefined);
  new ProposalMetrics(metrics, clock).failed(1, "BACKPRESSURE");
  const disk = new MeasuredFileSystem({} as FileSystem, clock, metrics);
  const peers = new PeerMetrics(metrics, clock);
  peers.sentEntries("n2", 10, 1);
  peers.receivedResult("n2", 1);
  new ServiceMetrics(metrics, new OpenCalls()).settled({}, 1, 10);
  const text = metricsText([...statusMetrics(node.status()), ...metrics.collect()]);

  it("keeps to the format and to the names: base units, counters that end in _total", () => {
    expect(faultsOf(text)).toEqual([]);
    expect(text.match(/^# TYPE /gm)?.length).toBeGreaterThan(50);
  });

  it("has the disk's histograms before the first write", () => {
    expect(disk).toBeDefined();
    expect(text).toContain('\nbalsa_wal_fsync_duration_seconds_bucket{le="0.00005"} 0\n');
  });

  it("tells elections, damage and a disk that is low, 0 before the first", () => {
    expect(text).toContain("\nbalsa_raft_elections_started_total 0\n");
    expect(text).toContain("\nbalsa_entries_damaged_total 0\n");
    expect(text).toContain("\nbalsa_disk_low 1\n");
    const more = new NodeMetrics();
    const counting = new EventMetrics(more);
    const event = (name: TraceEvent["event"]) => ({ event: name }) as TraceEvent;
    for (const name of ["election.started", "disk.low", "disk.recovered"] as const)
      counting.traced(event(name));
    counting.traced({ event: "stream.closed", facts: { peer: "n2" } } as unknown as TraceEvent);
    const then = metricsText(more.collect());
    expect(then).toContain('\nbalsa_peer_stream_resets_total{peer="n2"} 1\n');
    expect(then).toContain("\nbalsa_raft_elections_started_total 1\n");
    expect(then).toContain("\nbalsa_disk_low 0\n");
  });

  it("is told before the node takes part, too", () => {
    const waiting = { ...node.status(), raft: undefined, waiting: "recovering the log" };
    const early = metricsText(statusMetrics(waiting));
    expect(early).toContain("balsa_node_waiting 1\n");
    expect(faultsOf(early)).toEqual([]);
  });

  it.each([
    ["a counter without _total", "# HELP balsa_x X.\n# TYPE balsa_x counter\nbalsa_x 1\n"],
    ["a gauge with _total", "# HELP balsa_x_total X.\n# TYPE balsa_x_total gauge\n"],
    ["a family without help", "# TYPE balsa_x gauge\nbalsa_x 1\n"],
    ["a sample of no family", "balsa_x 1\n"],
    ["a sample twice", "# HELP balsa_x X.\n# TYPE balsa_x gauge\nbalsa_x 1\nbalsa_x 2\n"],
    ["a family twice", "# HELP balsa_x X.\n# TYPE balsa_x gauge\n".repeat(2)],
    ["a name of somebody else", "# HELP x X.\n# TYPE x gauge\nx 1\n"],
    ["milliseconds", "# HELP balsa_x_ms X.\n# TYPE balsa_x_ms gauge\n"],
  ])("would be caught with %s", (_, planted) => {
    expect(faultsOf(planted)).not.toEqual([]);
  });
});
