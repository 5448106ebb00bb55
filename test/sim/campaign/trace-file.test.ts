import { describe, expect, it } from "vitest";
import {
  firstDifference,
  readTrace,
  traceFileOf,
  writeTrace,
} from "../../../src/sim/campaign/trace-file.ts";
import { runSimulation } from "../../../src/sim/run.ts";
import { DEFAULT_RUN } from "../../../src/sim/run-options.ts";

describe("a trace file", () => {
  it("holds all that is needed to live through the world again, line by line", async () => {
    const options = { ...DEFAULT_RUN, seed: 12, faultsMs: 3000 };
    const file = traceFileOf(await runSimulation(options));
    const read = readTrace(writeTrace(file));
    expect(read).toEqual(file);
    const again = traceFileOf(await runSimulation(read.options));
    expect(firstDifference(read.lines, again.lines)).toBe(undefined);
  });

  it.each(["", "{", "[]", '{"balsaTrace":2}'])("is not made of %j", (head) => {
    expect(() => readTrace(`${head}\n`)).toThrow("not that of a trace");
  });

  it("tells where two differ, and which one ended first", () => {
    expect(firstDifference(["a", "b"], ["a", "c"])).toMatchObject({ line: 2, actual: "c" });
    expect(firstDifference(["a"], ["a", "b"])).toMatchObject({ line: 2, expected: "(the end)" });
  });
});
