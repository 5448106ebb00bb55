import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { ProposalMetrics } from "../../src/runtime/proposal-metrics.ts";
import { valuesOf } from "../support/metric-values.ts";

function proposals() {
  const metrics = new NodeMetrics();
  const time = { nowMs: 0 };
  const clock = { nowMs: () => time.nowMs, wallMs: () => 0 };
  const seen = () => {
    const values = valuesOf(metrics);
    const count = values["balsa_commit_latency_seconds_count"];
    return { count, seconds: values["balsa_commit_latency_seconds_sum"] };
  };
  const values = () => valuesOf(metrics);
  return { metrics: new ProposalMetrics(metrics, clock), time, seen, values };
}

describe("the commit latency", () => {
  it("is that of a group: from its stamping until its last entry is committed", () => {
    const { metrics, time, seen } = proposals();
    metrics.proposed(LogIndex(10));
    time.nowMs = 2;
    metrics.proposed(LogIndex(12));
    metrics.committed(LogIndex(9));
    expect(seen()).toEqual({ count: 0, seconds: 0 });
    time.nowMs = 5;
    metrics.committed(LogIndex(11));
    expect(seen()).toEqual({ count: 1, seconds: 0.005 });
    metrics.committed(LogIndex(12));
    expect(seen()).toEqual({ count: 2, seconds: 0.008 });
  });

  it("is not told of what another leader commits later", () => {
    const { metrics, seen } = proposals();
    metrics.proposed(LogIndex(10));
    metrics.lost(3);
    metrics.committed(LogIndex(10));
    expect(seen().count).toBe(0);
  });
});

describe("the apply latency", () => {
  it("is that of a commit, from learning of it until all of it is applied", () => {
    const { metrics, time, values } = proposals();
    const seen = () => values()["balsa_apply_latency_seconds_count"];
    metrics.committed(LogIndex(10));
    time.nowMs = 2;
    metrics.committed(LogIndex(12));
    metrics.applied(LogIndex(9));
    expect(seen()).toBe(0);
    time.nowMs = 3;
    metrics.applied(LogIndex(12));
    expect(seen()).toBe(1);
    expect(values()["balsa_apply_latency_seconds_sum"]).toBe(0.003);
    metrics.applied(LogIndex(13));
    expect(seen()).toBe(1);
  });
});

describe("failed proposals", () => {
  it("are counted by the code of their error, and those of unknown fate as lost", () => {
    const { metrics, values } = proposals();
    expect(values()).toMatchObject({ "balsa_proposals_failed_total{reason=LOST}": 0 });
    metrics.failed(2, "STORAGE_FULL");
    metrics.failed(0, "BACKPRESSURE");
    metrics.lost(3);
    const failed = Object.entries(values()).filter(([name]) => name.includes("failed"));
    expect(failed).toEqual([
      ["balsa_proposals_failed_total{reason=LOST}", 3],
      ["balsa_proposals_failed_total{reason=STORAGE_FULL}", 2],
    ]);
  });
});
