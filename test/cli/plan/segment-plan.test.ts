import { describe, expect, it } from "vitest";
import {
  type PlanInput,
  planSegments,
  SCAN_BYTES_PER_SECOND,
} from "../../../src/cli/plan/segment-plan.ts";
import { balsa } from "../run-balsa.ts";

const ASKED: PlanInput = {
  ...{ writeBytesPerSecond: 5e6, retention: { ms: 7 * 86_400_000 }, recoveryMs: 2000 },
  ...{ nodes: 3, entryBytes: 4096 },
};

describe("a plan for segments", () => {
  it("keeps the rescan within the time that was asked for", () => {
    for (const recoveryMs of [10, 100, 1000, 2000, 60_000]) {
      const plan = planSegments({ ...ASKED, recoveryMs });
      expect(plan.rescanMs).toBeLessThanOrEqual(recoveryMs);
      expect((plan.segmentBytes * 2) / SCAN_BYTES_PER_SECOND).toBeCloseTo(plan.rescanMs / 1000, 9);
    }
  });

  it("is never late by more than a tenth of the retention", () => {
    for (const bytes of [1e6, 8e6, 1e9, 5e11]) {
      const plan = planSegments({ ...ASKED, retention: { bytes } });
      expect(plan.overshootBytes).toBeLessThanOrEqual(bytes / 10);
      expect(plan.segments).toBe(Math.ceil(bytes / plan.segmentBytes) + 1);
    }
  });

  it("means the same by time and by size", () => {
    const byTime = planSegments(ASKED);
    const bySize = planSegments({ ...ASKED, retention: { bytes: byTime.retentionBytes } });
    expect(bySize).toEqual(byTime);
    expect(byTime.retentionBytes).toBe(5e6 * 7 * 86_400);
    expect(byTime.bytesInAll).toBe(3 * byTime.bytesPerNode);
    expect(byTime.rollSeconds * 5e6).toBe(byTime.segmentBytes);
  });

  it("says what cannot be had together", () => {
    expect(planSegments(ASKED).conflicts).toEqual([]);
    const hurried = planSegments({ ...ASKED, writeBytesPerSecond: 100e6, recoveryMs: 100 });
    expect(hurried.conflicts[0]).toContain("rolls more often than every 10 s");
    const tiny = planSegments({ ...ASKED, retention: { bytes: 100 } });
    expect(tiny.segmentBytes).toBe(256);
    expect(tiny.conflicts.at(-1)).toContain("the smallest segment is larger than asked for");
  });

  it("never passes the largest segment there is", () => {
    const patient = { ...ASKED, recoveryMs: 3_600_000, retention: { bytes: 1e15 } };
    expect(planSegments(patient)).toMatchObject({ segmentBytes: 2 ** 30, conflicts: [] });
  });
});

describe("balsa segments plan", () => {
  it("shows the arithmetic and how to apply it, without a cluster", async () => {
    const words = ["segments", "plan", "--write-rate", "5MB/s", "--retention", "7d"];
    const { code, stdout } = await balsa(words);
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^segment\.bytes +128MiB +the power of two at or below/);
    expect(stdout.toString()).toContain("config set segment.bytes=128MiB retention.ms=604800000");
  });

  it.each([
    [["--write-rate", "5MB", "--retention", "7d"], "is not a rate such as 5MB/s"],
    [["--write-rate", "0B/s", "--retention", "7d"], "is not a rate such as 5MB/s"],
    [["--write-rate", "1MB/s", "--retention", "soon"], "is not a size"],
    [["--write-rate", "1MB/s", "--retention", "0"], "keeps nothing"],
    [["--write-rate", "1MB/s", "--retention", "1d", "--nodes", "0"], "too small"],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await balsa(["segments", "plan", ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(message) });
  });
});
