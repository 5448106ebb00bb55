import { describe, expect, it } from "vitest";
import { DEFAULT_RUN, parseSkip, replayLine, skipText } from "../../src/sim/run-options.ts";

describe("the line that replays a run", () => {
  it("names the seed, and whatever is not as usual", () => {
    expect(replayLine({ ...DEFAULT_RUN, seed: 7 })).toBe("balsa sim run --seed 7");
    const odd = { seed: 7, nodes: 5, faultsMs: 900, faults: "kill", skip: [1, 2, 3, 9] };
    expect(replayLine(odd)).toBe(
      "balsa sim run --seed 7 --nodes 5 --duration 900ms --faults kill --skip 1-3,9",
    );
  });

  it("reads the numbers it writes", () => {
    for (const skip of [[], [4], [1, 2], [1, 2, 3, 7, 9, 10]])
      expect(parseSkip(skipText(skip))).toEqual(skip);
    expect(() => parseSkip("1-")).toThrow('"1-" is neither a number nor a range');
  });
});
