import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { type OutlookInput, outlookOf } from "../../../src/runtime/lifecycle/outlook.ts";
import { SEGMENT_REASONS } from "../../../src/runtime/lifecycle-api.ts";
import { inputOf, MINUTE_MS, NOW_MS, segmentsOf, settingsOf } from "./segments.ts";

function told(changes: Partial<OutlookInput>): readonly string[] {
  return outlookOf({ ...inputOf(changes), pinnedFrom: changes.pinnedFrom }).map(
    ({ segment, reason, explanation }) => `${segment.file} ${reason}: ${explanation}`,
  );
}

const mark = (index: number) => ({ index: LogIndex(index), timestamp: NOW_MS });

describe("why a segment is still there", () => {
  it("without limits: nothing lets it go", () => {
    expect(told({ segments: segmentsOf(2) })).toEqual([
      "0.log retained: neither retention.ms nor retention.bytes is set",
      "1.log active: takes appends; 1000 B of 1000 B",
    ]);
  });

  it("with limits: by how much it is short of them", () => {
    const settings = settingsOf({ retentionBytes: 4500, retentionMs: 600_000 });
    expect(told({ settings })[1]).toBe(
      "1.log retained: retention.bytes keeps 4.4 KiB, 2.9 KiB are newer; " +
        "retention.ms keeps 10m, its newest record is 2m old",
    );
  });

  it("goes next, for a limit, for a trim, or because it is compacted", () => {
    const byBytes = told({ settings: settingsOf({ retentionBytes: 4000 }) });
    expect(byBytes[0]).toBe("0.log goes next: retention.bytes lets it go");
    expect(told({ logStartOffset: Offset(10), snapshot: mark(10) })[0]).toBe(
      "0.log goes next: it lies below the log start",
    );
    expect(told({ compactedTo: LogIndex(10), snapshot: mark(10) })[0]).toBe(
      "0.log goes next: it is compacted",
    );
  });

  it("is held back for a follower, or pinned by a transfer", () => {
    const settings = settingsOf({ retentionBytes: 4000 });
    const followers = [{ peer: "n3", matchIndex: LogIndex(5), live: true }];
    expect(told({ settings, followers })[0]).toBe(
      "0.log held back for a follower: n3 does not have it yet; 7.8 KiB wait at most",
    );
    const pinnedFrom = LogIndex(1);
    expect(told({ logStartOffset: Offset(10), snapshot: mark(10), pinnedFrom })[0]).toBe(
      "0.log pinned by a transfer: a follower is being sent it",
    );
  });

  it("waits: for its seal, for a snapshot, for a compaction", () => {
    const settings = settingsOf({ cleanupPolicy: "compact" });
    const lines = told({ settings, snapshot: mark(10), appliedIndex: LogIndex(35) });
    expect(lines.slice(0, 4)).toEqual([
      "0.log waits for compaction: snapshot 10 covers it",
      "1.log no snapshot covers it: a snapshot is taken at 20 MiB or after 1h; " +
        "3.9 KiB since the last one",
      expect.stringContaining("2.log no snapshot covers it"),
      "3.log not sealed yet: its entries are not committed, applied and sealed here yet",
    ]);
  });

  it("comes from a closed list, compacted segments first", () => {
    const compacted = segmentsOf(3).slice(0, 1);
    const segments = segmentsOf(3).slice(1);
    const outlook = outlookOf({
      ...inputOf({ compacted, segments, compactedTo: LogIndex(10), snapshot: mark(10) }),
      settings: settingsOf({ cleanupPolicy: "compact" }),
      pinnedFrom: undefined,
    });
    expect(outlook[0]).toMatchObject({ reason: "compacted", segment: compacted[0] });
    for (const { reason } of outlook) expect(SEGMENT_REASONS).toContain(reason);
  });

  it("is told with the time at which it goes by age", () => {
    const settings = settingsOf({ retentionMs: 600_000 });
    const [oldest, ...others] = outlookOf({ ...inputOf({ settings }), pinnedFrom: undefined });
    expect(oldest?.goesAtWallMs).toBe(NOW_MS - 3 * MINUTE_MS + 600_000);
    expect(others.at(-1)?.goesAtWallMs).toBeUndefined();
  });
});
