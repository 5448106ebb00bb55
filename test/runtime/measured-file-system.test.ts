import { describe, expect, it } from "vitest";
import { MeasuredFileSystem } from "../../src/runtime/measured-file-system.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import type { FileSystem } from "../../src/storage/file-system.ts";
import { SimDisk } from "../../src/sim/disk/sim-disk.ts";
import { valuesOf } from "../support/metric-values.ts";

const SEGMENT = "/d/00000000000000000000.log";

/** Every look at the clock is 30 µs after the one before. */
function tickingClock() {
  let looks = 0;
  return { nowMs: () => 0.03 * looks++, wallMs: () => 0 };
}

async function measured() {
  const metrics = new NodeMetrics();
  const disk: FileSystem = new MeasuredFileSystem(new SimDisk().mount(), tickingClock(), metrics);
  await disk.makeDirectory("/d");
  return { disk, values: () => valuesOf(metrics) };
}

describe("the measured file system", () => {
  it("measures the writes and syncs of a segment's log file", async () => {
    const { disk, values } = await measured();
    const file = await disk.open(SEGMENT, "create");
    await file.write([new Uint8Array(200), new Uint8Array(100)], 0);
    await file.write([new Uint8Array(8)], 300);
    await file.sync();
    expect(values()).toMatchObject({
      balsa_wal_written_bytes_total: 308,
      balsa_wal_write_duration_seconds_count: 2,
      "balsa_wal_batch_bytes_bucket{le=256}": 1,
      "balsa_wal_batch_bytes_bucket{le=512}": 2,
      balsa_wal_fsync_duration_seconds_count: 1,
      "balsa_wal_fsync_duration_seconds_bucket{le=0.00005}": 1,
    });
    expect(values()["balsa_wal_fsync_duration_seconds_sum"]).toBeCloseTo(0.00003);
  });

  it("has buckets from 50 µs on, each twice the one before", async () => {
    const { values } = await measured();
    const bounds = Object.keys(values())
      .map((name) => /^balsa_wal_fsync_duration_seconds_bucket\{le=(.+)\}$/.exec(name)?.[1])
      .filter((bound) => bound !== undefined);
    expect(bounds.slice(0, 4)).toEqual(["0.00005", "0.0001", "0.0002", "0.0004"]);
    expect(bounds.slice(-2)).toEqual(["1.6384", "+Inf"]);
  });

  it("leaves all else to the disk beneath", async () => {
    const { disk, values } = await measured();
    const file = await disk.open("/d/hard-state.0", "create");
    await file.write([new Uint8Array(64)], 0);
    await file.sync();
    await file.truncate(32);
    expect(await file.size()).toBe(32);
    await file.close();
    await disk.rename("/d/hard-state.0", "/d/hard-state.1");
    await disk.syncDirectory("/d");
    expect(await disk.list("/d")).toEqual(["hard-state.1"]);
    expect(values()).toMatchObject({
      balsa_wal_written_bytes_total: 0,
      balsa_wal_fsync_duration_seconds_count: 0,
    });
  });

  it("passes on what the disk cannot do, and does not count it", async () => {
    const { disk, values } = await measured();
    const file = await disk.open(SEGMENT, "create");
    await file.close();
    await expect(file.sync()).rejects.toBeInstanceOf(Error);
    await expect(file.write([new Uint8Array(1)], 0)).rejects.toBeInstanceOf(Error);
    await expect(disk.open("/d/none.log", "read")).rejects.toBeInstanceOf(Error);
    expect(values()).toMatchObject({
      balsa_wal_written_bytes_total: 0,
      balsa_wal_fsync_duration_seconds_count: 0,
    });
  });
});
