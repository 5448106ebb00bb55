import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { type EntryType, encodeFrame } from "../../src/common/frame.ts";
import { decodeControl, encodeControl } from "../../src/statemachine/control.ts";
import { LogState } from "../../src/statemachine/log-state.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function frameOf(type: EntryType, payload: Uint8Array) {
  const stamp = {
    ...{ type, index: LogIndex(1), term: Term(1), baseOffset: Offset(0) },
    ...{ segmentFirstIndex: LogIndex(1), timestamp: 1, recordCount: 0, producer: undefined },
  };
  return encodeFrame(stamp, payload, 0);
}

describe("a control entry", () => {
  it("comes back as it was written", () => {
    const settings = { segmentBytes: 1 << 20, segmentMs: 60_000 };
    for (const control of [{ control: "settings", settings }, { control: "roll" }] as const)
      expect(decodeControl(encodeControl(control))).toEqual(control);
  });

  it("has one spelling, so that equal settings are equal bytes", () => {
    const settings = { segmentBytes: 4096, segmentMs: undefined };
    const text = new TextDecoder().decode(encodeControl({ control: "settings", settings }));
    expect(text).toBe('{"control":"settings","segmentBytes":4096}');
  });

  it.each([
    ["no JSON", "\u0000"],
    ["no object", "7"],
    ["an unknown kind", '{"control":"teleport"}'],
    ["a segment size below the least", '{"control":"settings","segmentBytes":1}'],
    ["a fractional segment size", '{"control":"settings","segmentBytes":4096.5}'],
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
    const settings = { segmentBytes: 4096, segmentMs: undefined };
    state.applyControl(frameOf("control", encodeControl({ control: "settings", settings })));
    expect(state.settings).toEqual(settings);
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
