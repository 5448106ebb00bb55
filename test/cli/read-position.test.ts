import { describe, expect, it } from "vitest";
import { parseFrom } from "../../src/cli/read-position.ts";

describe("a position", () => {
  it.each([
    ["start", "start"],
    ["end", "end"],
    ["0", { offset: 0 }],
    ["42", { offset: 42 }],
    ["-10", { last: 10 }],
    ["-0", "end"],
    ["@1700000000000", { timestamp: 1_700_000_000_000 }],
    ["@2026-01-31T12:00:00Z", { timestamp: Date.UTC(2026, 0, 31, 12) }],
    ["@2026-01-31", { timestamp: Date.UTC(2026, 0, 31) }],
  ])("reads %s", (text, from) => expect(parseFrom(text)).toEqual(from));

  it.each(["", "begin", "1e3", "+5", "-", "--5", "@", "@noon", "@2026-13-99", "9007199254740993"])(
    "refuses %j",
    (text) => expect(() => parseFrom(text)).toThrow(/^-o: .* is no position$/),
  );
});
