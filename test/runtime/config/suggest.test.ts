import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "../../../src/runtime/config/suggest.ts";

const KNOWN = ["log.segment.bytes", "log.segment.ms", "listen", "format", "from-node"];

describe("the nearest word", () => {
  it.each([
    ["log.segment.byte", "log.segment.bytes"],
    ["listne", "listen"],
    ["formta", "format"],
    ["form", "format"],
    ["FORMAT", "format"],
  ])("to %s is %s", (word, meant) => expect(nearest(word, KNOWN)).toBe(meant));

  it.each(["x", "zebra", "retention.bytes"])("to %s is none", (word) =>
    expect(nearest(word, KNOWN)).toBeUndefined(),
  );
});

describe("the distance of two words", () => {
  it("counts a swap of neighbours once", () => expect(editDistance("ab", "ba")).toBe(1));
  it("counts what is missing", () => expect(editDistance("kitten", "sitting")).toBe(3));
});
