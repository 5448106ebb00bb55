import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import {
  decideRetention,
  type FollowerView,
  MAX_HELD_BACK_SEGMENTS,
  type RetentionInput,
} from "../../../src/runtime/lifecycle/retention.ts";
import { inputOf, MINUTE_MS, NOW_MS, segmentsOf, settingsOf } from "./segments.ts";

/** What would be proposed, absent parts left out. */
function proposals(changes: Partial<RetentionInput>) {
  const { roll, snapshot, trim } = decideRetention(inputOf(changes));
  return {
    ...(roll !== undefined && { roll }),
    ...(snapshot !== undefined && { snapshot }),
    ...(trim !== undefined && { trim }),
  };
}

const follower = (matchIndex: number, live = true): FollowerView => ({
  ...{ peer: "n2", matchIndex: LogIndex(matchIndex), live },
});
const mark = (index: number, timestamp = NOW_MS) => ({ index: LogIndex(index), timestamp });
const compact = (changes: Partial<ReturnType<typeof settingsOf>> = {}) =>
  settingsOf({ cleanupPolicy: "compact", snapshotMaxRecordBytes: 1 << 20, ...changes });

describe("what a leader lets go", () => {
  it.each<[string, Partial<RetentionInput>, object]>([
    ["nothing without a limit", {}, {}],
    [
      "the oldest, while what is left holds retention.bytes",
      { settings: settingsOf({ retentionBytes: 3000 }) },
      { snapshot: 20, trim: 20 },
    ],
    [
      "nothing when one segment less would hold less than retention.bytes",
      { settings: settingsOf({ retentionBytes: 4500 }) },
      {},
    ],
    [
      "segments whose newest record is as old as retention.ms",
      { settings: settingsOf({ retentionMs: 2 * MINUTE_MS }) },
      { snapshot: 20, trim: 20 },
    ],
    [
      "nothing by age while the clock is not trusted",
      { settings: settingsOf({ retentionMs: 1, segmentMs: 1 }), nowMs: undefined },
      {},
    ],
    [
      "no more than is sealed",
      {
        settings: settingsOf({ retentionBytes: 1000 }),
        segments: segmentsOf(5).map((one, at) => (at === 1 ? { ...one, state: "closed" } : one)),
      },
      { snapshot: 10, trim: 10 },
    ],
    [
      "no more than is applied",
      { settings: settingsOf({ retentionBytes: 1000 }), appliedIndex: LogIndex(25) },
      { snapshot: 20, trim: 20 },
    ],
    [
      "nothing twice",
      {
        settings: settingsOf({ retentionBytes: 3000 }),
        snapshot: mark(20),
        logStartOffset: Offset(20),
      },
      {},
    ],
    [
      "what an operator trimmed, whatever the policy, by a snapshot alone",
      { logStartOffset: Offset(25) },
      { snapshot: 20 },
    ],
    [
      "a segment without records only with its neighbours",
      { segments: segmentsOf(5).map((one) => ({ ...one, nextOffset: one.baseOffset })) },
      {},
    ],
  ])("%s", (_what, changes, expected) => {
    expect(proposals(changes)).toEqual(expected);
  });
});

describe("a follower that is behind", () => {
  const settings = settingsOf({ retentionBytes: 1000 });

  it("holds back what it lacks while it is heard of", () => {
    expect(proposals({ settings, followers: [follower(40), follower(15)] })).toEqual({
      ...{ snapshot: 10, trim: 10 },
    });
    expect(proposals({ settings, followers: [follower(15, false)] })).toEqual({
      ...{ snapshot: 40, trim: 40 },
    });
  });

  it("holds back so much and no more", () => {
    const segments = segmentsOf(MAX_HELD_BACK_SEGMENTS + 4);
    const { trim, expired, goes, heldFor } = decideRetention(
      inputOf({ settings, segments, followers: [follower(0)] }),
    );
    expect(expired.length - goes).toBe(MAX_HELD_BACK_SEGMENTS);
    expect({ trim, heldFor }).toEqual({ trim: 30, heldFor: "n2" });
  });
});

describe("a leader that compacts", () => {
  it.each<[string, Partial<RetentionInput>, object]>([
    ["waits while little is new", { settings: compact(), snapshot: mark(10) }, {}],
    [
      "takes a snapshot at the newest seal once enough was written",
      { settings: compact({ snapshotMaxRecordBytes: 5000 }) },
      { snapshot: 40 },
    ],
    [
      "counts from the last snapshot",
      { settings: compact({ snapshotMaxRecordBytes: 5000 }), snapshot: mark(10) },
      {},
    ],
    [
      "takes one after the interval anyway",
      {
        settings: compact({ snapshotMaxIntervalMs: 2 * MINUTE_MS }),
        snapshot: mark(10, NOW_MS - 2 * MINUTE_MS),
      },
      { snapshot: 40 },
    ],
    [
      "leaves the active segment for it when nothing else is new",
      {
        settings: compact({ snapshotMaxIntervalMs: MINUTE_MS }),
        snapshot: mark(40, NOW_MS - MINUTE_MS),
        segments: segmentsOf(5).map((one) => ({ ...one, firstTimestamp: 0 })),
      },
      { roll: "snapshot" },
    ],
    [
      "takes none of nothing",
      {
        settings: compact({ snapshotMaxIntervalMs: MINUTE_MS }),
        snapshot: mark(40, 0),
        segments: segmentsOf(5).map((one) => ({ ...one, nextOffset: one.baseOffset })),
      },
      {},
    ],
    [
      "waits for a follower that lives",
      { settings: compact({ snapshotMaxRecordBytes: 5000 }), followers: [follower(25)] },
      { snapshot: 20 },
    ],
    [
      "does not trim by retention under compact alone",
      { settings: compact({ retentionBytes: 1000 }) },
      {},
    ],
    [
      "trims its compacted segments, too, under both",
      {
        settings: compact({ cleanupPolicy: "compact,delete", retentionBytes: 3000 }),
        compacted: segmentsOf(5).slice(0, 2),
        segments: segmentsOf(5).slice(2),
        ...{ compactedTo: LogIndex(20), snapshot: mark(20) },
      },
      { trim: 20 },
    ],
  ])("%s", (_what, changes, expected) => {
    expect(proposals(changes)).toEqual(expected);
  });
});

describe("an active segment", () => {
  const young = segmentsOf(1).map((one) => ({ ...one, firstTimestamp: NOW_MS - MINUTE_MS }));

  it.each<[string, Partial<RetentionInput>, object]>([
    ["stays while it is young", { settings: settingsOf({ segmentMs: MINUTE_MS + 1 }) }, {}],
    ["ends at its age", { settings: settingsOf({ segmentMs: MINUTE_MS }) }, { roll: "segment.ms" }],
    [
      "does not end for its age when it holds no records",
      {
        settings: settingsOf({ segmentMs: MINUTE_MS }),
        segments: young.map((one) => ({ ...one, nextOffset: one.baseOffset })),
      },
      {},
    ],
    [
      "ends when all that is in it is past retention.ms",
      { settings: settingsOf({ retentionMs: 5 }), nowMs: NOW_MS + 5 },
      { roll: "retention.ms" },
    ],
  ])("%s", (_what, changes, expected) => {
    expect(proposals({ segments: young, ...changes })).toEqual(expected);
  });
});
