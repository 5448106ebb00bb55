import { describe, expect, it } from "vitest";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { addSystemMetrics } from "../../src/runtime/system-metrics.ts";
import { valuesOf } from "../support/metric-values.ts";

describe("the metrics of the process", () => {
  it("tell what it is made of, and a share of time for its event loop", () => {
    const metrics = new NodeMetrics();
    addSystemMetrics(metrics, "1.2.3");
    const values = valuesOf(metrics);
    const labels = `version=1.2.3,nodejs=${process.version},storage_format=1`;
    expect(values[`balsa_build_info{${labels}}`]).toBe(1);
    const share = values["balsa_event_loop_utilization"];
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});
