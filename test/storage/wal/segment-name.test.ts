import { describe, expect, it } from "vitest";
import type { LogIndex, Offset } from "../../../src/common/brand.ts";
import {
  compareSegmentNames,
  parseSegmentFileName,
  segmentStem,
} from "../../../src/storage/wal/segment-name.ts";

const ref = (baseOffset: number, firstIndex: number) => ({
  baseOffset: baseOffset as Offset,
  firstIndex: firstIndex as LogIndex,
});

describe("the name of a segment", () => {
  it("is its base offset, twenty digits", () => {
    expect(segmentStem(ref(0, 1), undefined)).toBe("00000000000000000000");
    expect(segmentStem(ref(48_211, 60), ref(0, 1))).toBe("00000000000000048211");
  });

  it("adds the first index when the segment before had no records", () => {
    expect(segmentStem(ref(0, 3), ref(0, 1))).toBe("00000000000000000000-3");
  });

  it("is read back", () => {
    expect(parseSegmentFileName("00000000000000048211-77.index")).toEqual({
      stem: "00000000000000048211-77",
      baseOffset: 48_211,
      firstIndex: 77,
      kind: "index",
    });
  });

  it.each(["0.log", "00000000000000048211.txt", "00000000000000048211-0.log", "../x.log", "LOCK"])(
    "is never %s",
    (name) => expect(parseSegmentFileName(name)).toBeUndefined(),
  );

  it("is no number that a computer would round", () => {
    expect(parseSegmentFileName("99999999999999999999.log")).toBeUndefined();
  });

  it("sorts as the segments follow each other", () => {
    const names = ["7", "0-12", "0", "0-3", "40"].map((name) => {
      const [base = "", first] = name.split("-");
      return ref(Number(base), Number(first ?? 0));
    });
    const sorted = names.sort((a, b) => compareSegmentNames(a, b));
    expect(sorted.map(({ baseOffset, firstIndex }) => [baseOffset, firstIndex])).toEqual([
      [0, 0],
      [0, 3],
      [0, 12],
      [7, 0],
      [40, 0],
    ]);
  });
});
