import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../src/common/brand.ts";
import {
  decodeStateImage,
  encodeStateImage,
  type StateImage,
} from "../../src/statemachine/checkpoint-state.ts";
import { LogState } from "../../src/statemachine/log-state.ts";
import { DEFAULT_LOG_SETTINGS } from "../../src/statemachine/settings.ts";

const IMAGE: StateImage = {
  settings: { ...DEFAULT_LOG_SETTINGS, segmentBytes: 4096, retentionMs: 7 },
  logStartOffset: Offset(12),
  snapshot: { index: LogIndex(9), timestamp: 1_700_000_000_000 },
  voters: [
    { nodeId: "n2", diskId: "d2" },
    { nodeId: "n1", diskId: "d1" },
  ],
};

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (json: string) => new TextEncoder().encode(json);

describe("a checkpoint's state", () => {
  it("comes back as it was written, voters by name", () => {
    const back = decodeStateImage(encodeStateImage(IMAGE));
    expect(back).toEqual({ ...IMAGE, voters: [...IMAGE.voters].reverse() });
  });

  it("has one spelling, however the voters were listed", () => {
    const other = { ...IMAGE, voters: [...IMAGE.voters].reverse() };
    expect(encodeStateImage(other)).toEqual(encodeStateImage(IMAGE));
    expect(text(encodeStateImage({ ...IMAGE, settings: undefined }))).toBe(
      '{"logStartOffset":12,"snapshot":{"index":9,"timestamp":1700000000000},' +
        '"voters":[{"diskId":"d1","nodeId":"n1"},{"diskId":"d2","nodeId":"n2"}]}',
    );
  });

  it("puts a state where the log had brought it", () => {
    const state = LogState.restore(IMAGE, { index: LogIndex(20), nextOffset: Offset(40) });
    expect(state).toMatchObject({ appliedIndex: 20, highWatermark: 40, logStartOffset: 12 });
    expect(state).toMatchObject({ snapshot: IMAGE.snapshot, settings: IMAGE.settings });
    expect(state.image()).toEqual(IMAGE);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no log start", '{"snapshot":{"index":0,"timestamp":0},"voters":[]}'],
    ["a negative index", '{"logStartOffset":0,"snapshot":{"index":-1,"timestamp":0},"voters":[]}'],
    ["no voters", '{"logStartOffset":0,"snapshot":{"index":0,"timestamp":0}}'],
    [
      "a voter without a disk",
      '{"logStartOffset":0,"snapshot":{"index":0,"timestamp":0},"voters":[{"nodeId":"n1"}]}',
    ],
    [
      "settings nobody could have proposed",
      '{"logStartOffset":0,"settings":{},"snapshot":{"index":0,"timestamp":0},"voters":[]}',
    ],
  ])("with %s is refused as CORRUPT", (_what, json) => {
    expect(() => decodeStateImage(bytes(json))).toThrowError(
      expect.objectContaining({ code: "CORRUPT" }),
    );
  });
});
