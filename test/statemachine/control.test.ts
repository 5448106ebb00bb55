import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { type EntryType, encodeFrame } from "../../src/common/frame.ts";
import { decodeControl, encodeControl } from "../../src/statemachine/control.ts";
import { LogState } from "../../src/statemachine/log-state.ts";
import { DEFAULT_LOG_SETTINGS } from "../../src/statemachine/settings.ts";

const SEGMENT = '"segmentBytes":4096';
const bytes = (text: string) => new TextEncoder().encode(text);

function frameOf(type: EntryType, payload: Uint8Array, at = { index: 1, offset: 0 }) {
  const stamp = {
    ...{ type, index: LogIndex(at.index), term: Term(1), baseOffset: Offset(at.offset) },
    ...{ segmentFirstIndex: LogIndex(1), timestamp: 1, recordCount: 0, producer: undefined },
  };
  return encodeFrame(stamp, payload, 0);
}

describe("a control entry", () => {
  it("comes back as it was written", () => {
    const settings = { ...DEFAULT_LOG_SETTINGS, segmentMs: 60_000, retentionBytes: 1 << 30 };
    const controls = [
      { control: "settings", settings },
      { control: "roll" },
      { control: "trim", logStartOffset: Offset(17) },
      { control: "snapshot", index: LogIndex(9) },
    ] as const;
    for (const control of controls) expect(decodeControl(encodeControl(control))).toEqual(control);
  });

  it("of an older version, with the segments' fields alone, has the defaults for the rest", () => {
    const control = decodeControl(bytes('{"control":"settings","segmentBytes":4096}'));
    const settings = { ...DEFAULT_LOG_SETTINGS, segmentBytes: 4096 };
    expect(control).toEqual({ control: "settings", settings });
  });

  it("has one spelling, so that equal settings are equal bytes", () => {
    const settings = { ...DEFAULT_LOG_SETTINGS, retentionMs: 5, segmentBytes: 4096 };
    const written = encodeControl({ control: "settings", settings });
    const shuffled = Object.fromEntries(Object.entries(settings).reverse());
    const again = encodeControl({ control: "settings", settings: shuffled as never });
    expect(again).toEqual(written);
    expect(new TextDecoder().decode(written)).toBe(
      '{"cleanupPolicy":"delete","compactionStrategy":"key","control":"settings",' +
        '"deleteRetentionMs":86400000,"minCleanableDirtyRatio":0.5,"minCompactionLagMs":0,' +
        '"retentionMs":5,"segmentBytes":4096,"snapshotMaxIntervalMs":3600000,' +
        '"snapshotMaxRecordBytes":20971520}',
    );
    expect(encodeControl({ control: "trim", logStartOffset: Offset(3) })).toEqual(
      bytes('{"control":"trim","logStartOffset":3}'),
    );
  });

  it.each([
    ["no JSON", "\u0000"],
    ["no object", "7"],
    ["an unknown kind", '{"control":"teleport"}'],
    ["a segment size below the least", '{"control":"settings","segmentBytes":1}'],
    ["a fractional segment size", '{"control":"settings","segmentBytes":4096.5}'],
    ["no segment size", '{"control":"settings"}'],
    ["a policy nobody knows", '{"cleanupPolicy":"x","control":"settings","segmentBytes":4096}'],
    ["a dirty ratio above 1", `{"control":"settings","minCleanableDirtyRatio":2,${SEGMENT}}`],
    ["retention of nothing", `{"control":"settings","retentionBytes":0,${SEGMENT}}`],
    ["a trim to nowhere", '{"control":"trim"}'],
    ["a snapshot of a fraction", '{"control":"snapshot","index":1.5}'],
    ["a negative age", '{"control":"settings","segmentBytes":4096,"segmentMs":-1}'],
  ])("with %s is refused as CORRUPT", (_what, text) => {
    expect(() => decodeControl(bytes(text))).toThrowError(
      expect.objectContaining({ code: "CORRUPT" }),
    );
  });
});

describe("the log's state", () => {
  it("takes settings from the log", () => {
    const state = new LogState();
    expect(state.settings).toBeUndefined();
    const settings = { ...DEFAULT_LOG_SETTINGS, segmentBytes: 4096 };
    state.applyControl(frameOf("control", encodeControl({ control: "settings", settings })));
    expect(state.settings).toEqual(settings);
  });

  it("moves the log start by a trim, never back and never past the trim's own offset", () => {
    const state = new LogState();
    const trim = (logStartOffset: number) => {
      const payload = encodeControl({ control: "trim", logStartOffset: Offset(logStartOffset) });
      state.applyControl(frameOf("control", payload, { index: 9, offset: 30 }));
      return state.logStartOffset;
    };
    expect([trim(10), trim(5), trim(31), trim(30)]).toEqual([10, 10, 30, 30]);
  });

  it("marks a snapshot with the time of its entry, never back and never itself", () => {
    const state = new LogState();
    const mark = (index: number) => {
      const payload = encodeControl({ control: "snapshot", index: LogIndex(index) });
      state.applyControl(frameOf("control", payload, { index: 9, offset: 30 }));
      return state.snapshot;
    };
    expect([mark(4), mark(3)].map(({ index }) => index)).toEqual([4, 4]);
    expect(mark(9)).toEqual({ index: 8, timestamp: 1 });
  });

  it("refuses an entry whose meaning it does not know, rather than skip it", () => {
    expect(() => new LogState().applyControl(frameOf("config", bytes("{}")))).toThrow(
      /newer version/,
    );
  });

  it("never lets the high watermark go back", () => {
    const state = new LogState();
    state.advance(LogIndex(5), Offset(10));
    expect(() => state.advance(LogIndex(6), Offset(9))).toThrow(/never goes back/);
    expect(() => state.advance(LogIndex(4), Offset(10))).toThrow(/in order/);
  });
});
