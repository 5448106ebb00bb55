import { describe, expect, it } from "vitest";
import { Offset } from "../../../src/common/brand.ts";
import type { LogError } from "../../../src/common/errors.ts";
import type { LogNode } from "../../../src/runtime/log-node.ts";
import type { AppendAck } from "../../../src/runtime/node-api.ts";
import { encodeRecordBatch } from "../../../src/wire/record-batch.ts";
import { SmallCluster } from "./small-cluster.ts";

describe("an operator", () => {
  it("rolls, takes a snapshot and trims on the leader; others send it there", async () => {
    const cluster = await SmallCluster.started(15, {});
    await cluster.fill(5);
    const leader = await cluster.leader();
    const { lifecycle } = leader;
    const first = await cluster.result(lifecycle.roll());
    expect(await cluster.result(lifecycle.roll())).toBe(first);
    expect(await cluster.result(lifecycle.triggerSnapshot())).toBe(first - 1);
    await cluster.fill(5);
    expect(await cluster.result(lifecycle.triggerSnapshot())).toBeGreaterThan(first);
    expect(await cluster.result(lifecycle.trim(Offset(5)))).toBe(5);
    await cluster.until("the first segment is gone everywhere", () =>
      cluster.nodes.every((node) => node.status().segments[0]?.baseOffset === 5),
    );
    expect(await cluster.result(lifecycle.trim(Offset(2)))).toBe(5);
    const other = (await cluster.follower()).node as LogNode;
    const asks: readonly Promise<number>[] = [
      other.lifecycle.trim(Offset(7)),
      other.lifecycle.roll(),
      other.lifecycle.triggerSnapshot(),
    ];
    for (const asked of asks)
      await expect(cluster.result(asked)).rejects.toMatchObject({ code: "NOT_LEADER" });
    expect(other.lifecycle.settings()).toEqual(lifecycle.settings());
  });

  it("is refused settings that make no sense together", async () => {
    const cluster = await SmallCluster.started(16, {});
    const { lifecycle } = await cluster.leader();
    await expect(
      cluster.result(lifecycle.changeSettings({ retentionBytes: 100 })),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("retention.bytes 100 is less than one segment.bytes 2048"),
    });
  });

  it("sees what was counted and measured", async () => {
    const cluster = await SmallCluster.started(17, { retentionBytes: 6000 });
    await cluster.fill(80);
    await cluster.agreed();
    await cluster.world.runFor(3000);
    const node = await cluster.leader();
    const value = (name: string, labels = {}) =>
      node
        .metrics()
        .flatMap(({ samples }) => samples)
        .find((sample) => sample.name === name && contains(sample.labels, labels))?.value;
    const { segments } = node.status();
    expect(value("balsa_segments", { state: "active" })).toBe(1);
    expect(value("balsa_log_size_bytes")).toBe(cluster.logBytes(node));
    const [sealed, rolls] = [
      value("balsa_segments_sealed_total"),
      value("balsa_segment_rolls_total"),
    ];
    expect(sealed).toBeGreaterThan(3);
    expect(rolls).toBeGreaterThanOrEqual(sealed ?? 0);
    const removed = value("balsa_segments_removed_total", { reason: "retention" });
    expect((removed ?? 0) + segments.length).toBe((sealed ?? 0) + 1);
    expect(value("balsa_retention_pressure_ratio")).toBeCloseTo(cluster.logBytes(node) / 6000);
    expect(value("balsa_snapshot_create_duration_seconds_count")).toBeGreaterThan(3);
  });
});

describe("a full disk", () => {
  it("refuses appends, while trims and what they free go on", async () => {
    const cluster = await SmallCluster.started(19, {}, { maxUncommittedBytes: 8192 });
    await cluster.fill(60);
    await cluster.agreed();
    for (const { disk } of cluster.world.hosts) {
      const used = disk.files().reduce((sum, path) => sum + disk.readFile(path).length, 0);
      disk.capacityBytes = used + 76_000;
    }
    const leader = await cluster.leader();
    const refused = () =>
      new Promise<AppendAck | LogError>((settle) => {
        const record = { key: undefined, value: Buffer.from("v"), headers: [] };
        const payload = encodeRecordBatch([record]);
        leader.append({ payload, recordCount: 1, producer: undefined }, settle);
      });
    await cluster.until("all disks are low", () =>
      cluster.world.hosts.every(({ nodeId }) =>
        cluster.world.trace.some(({ event, node }) => event === "disk.low" && node === nodeId),
      ),
    );
    expect(await cluster.result(refused())).toMatchObject({ code: "STORAGE_FULL" });
    expect(await cluster.result(leader.lifecycle.trim(Offset(55)))).toBe(55);
    await cluster.until("what was trimmed is gone, and appends go on", () => {
      const recovered = cluster.world.trace.filter(({ event }) => event === "disk.recovered");
      return new Set(recovered.map(({ node }) => node)).size === 3;
    });
    await cluster.fill(3);
  });
});

function contains(labels: Readonly<Record<string, string>>, some: Record<string, string>): boolean {
  return Object.entries(some).every(([name, value]) => labels[name] === value);
}
