import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatSize,
  parseDurationMs,
  parseInteger,
  parseRatio,
  parseSizeBytes,
} from "../../../src/runtime/config/quantity.ts";

describe("a duration", () => {
  it.each([
    ["250ms", 250],
    ["5s", 5_000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["0ms", 0],
  ])("reads %s", (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(["", "5", "abc", "5 parsecs", "-5s", "1e3ms", "5s!", "s", "99999999999999999999d"])(
    "refuses %j",
    (text) => expect(() => parseDurationMs(text)).toThrow(/is not a duration|too large/),
  );

  it("takes a bare number only where the key names the unit", () => {
    expect(parseDurationMs("604800000", "ms")).toBe(604_800_000);
    expect(() => parseDurationMs("604800000")).toThrow('"604800000" is not a duration');
  });

  it.each([0, 1, 250, 1_000, 1_500, 60_000, 90_000, 86_400_000])("of %i ms comes back", (ms) =>
    expect(parseDurationMs(formatDuration(ms))).toBe(ms),
  );
});

describe("a size", () => {
  it.each([
    ["65536", 65_536],
    ["100B", 100],
    ["64KiB", 65_536],
    ["8MiB", 8_388_608],
    ["1GB", 1_000_000_000],
    ["1.5KiB", 1_536],
  ])("reads %s", (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes));

  it.each(["", "8M", "8mib", "MiB", "-1", "0x10", "1e3", "8 MiB MiB"])("refuses %j", (text) =>
    expect(() => parseSizeBytes(text)).toThrow("is not a size such as"),
  );

  it.each([0, 100, 1_024, 1_500, 8_388_608, 2 ** 30])("of %i bytes comes back", (bytes) =>
    expect(parseSizeBytes(formatSize(bytes))).toBe(bytes),
  );
});

describe("a whole number", () => {
  it("is digits only", () => {
    expect(parseInteger("42")).toBe(42);
    for (const text of ["abc", "", "1e3", "-1", "1.0", "0x1", "1_000"])
      expect(() => parseInteger(text)).toThrow("is not a whole number");
  });

  it("is refused when it is not safe", () => {
    expect(() => parseInteger("9007199254740993")).toThrow("too large");
  });
});

describe("a share", () => {
  it("lies between 0 and 1", () => {
    for (const text of ["0", "0.5", "1", "1.0"]) expect(parseRatio(text)).toBe(Number(text));
    for (const text of ["", "1.1", "-0.5", "50%", "1e-1", "NaN"])
      expect(() => parseRatio(text)).toThrow("is not a share between 0 and 1");
  });
});
