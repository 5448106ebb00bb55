import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { addDiskSize } from "../../src/runtime/system-disk-size.ts";
import { valuesOf } from "../support/metric-values.ts";

describe("the size of the disk", () => {
  it("is that of the directory's file system", async () => {
    const metrics = new NodeMetrics();
    await addDiskSize(metrics, tmpdir());
    const { blocks, bsize } = statfsSync(tmpdir());
    expect(valuesOf(metrics)).toEqual({ balsa_disk_total_bytes: blocks * bsize });
  });

  it("is left out where it cannot be had", async () => {
    const metrics = new NodeMetrics();
    await addDiskSize(metrics, "/there/is/no/such/directory");
    expect(valuesOf(metrics)).toEqual({});
  });
});
