import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { parseTermRuns, termRunsText } from "../../src/runtime/term-runs-text.ts";

describe("the terms of a log as text", () => {
  const prev = { index: LogIndex(7), term: Term(2) };
  const runs = [
    { term: Term(2), count: 12 },
    { term: Term(5), count: 3 },
  ];

  it("is one short fact, however long the log", () => {
    expect(termRunsText({ prev, runs })).toBe("7@2 2x12 5x3");
  });

  it("is read back as it was written", () => {
    expect(parseTermRuns(termRunsText({ prev, runs }))).toEqual({ prev, runs });
    expect(parseTermRuns(termRunsText({ prev, runs: [] }))).toEqual({ prev, runs: [] });
  });

  it("is refused when it is something else", () => {
    expect(() => parseTermRuns("a log")).toThrow("safe");
  });
});
