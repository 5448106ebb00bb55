import { describe, expect, it } from "vitest";
import { parseBenchOptions } from "../../../scripts/bench/options.ts";
import { shapedEntries } from "../../../scripts/bench/scale/log-shape.ts";
import { scaleLines } from "../../../scripts/bench/scale/scale-lines.ts";
import { seededRandom } from "../../../src/common/random.ts";

describe("the bench's long logs", () => {
  it("are of 1 GB, and of the length that is asked for", () => {
    expect(parseBenchOptions(["--only", "p6,P9"])).toMatchObject({ cases: [], gigabytes: [1] });
    expect([...parseBenchOptions(["--only", "p6,P9"]).scale]).toEqual(["P6", "P9"]);
    expect(parseBenchOptions(["--gigabytes", "10"]).gigabytes).toEqual([1, 10]);
    expect(parseBenchOptions(["--only", "P1"]).scale.size).toBe(0);
  });

  it("hold batches of 1000, or records whose offsets and times grow in leaps", () => {
    const random = seededRandom(7);
    const take = (shape: "batches" | "mixed") => {
      const entries = shapedEntries(shape, () => random.next());
      return Array.from({ length: 300_000 }, () => entries.next().value);
    };
    expect(new Set(take("batches").map(({ records }) => records))).toEqual(new Set([1000]));
    const mixed = take("mixed");
    expect(mixed.some(({ records }) => records === 1)).toBe(true);
    expect(mixed.some(({ records }) => records > 500)).toBe(true);
    expect(mixed.some(({ pauseMs }) => pauseMs > 60_000)).toBe(true);
  });
});

describe("a line about a long log", () => {
  it("says where a goal is not reached yet", () => {
    const memory = { gigabytes: 10, load: "P3", leaderPeakMib: 180, followersPeakMib: [170, 201] };
    const none = { tails: [], restarts: [], catchUps: [], lookups: [] };
    expect(scaleLines({ ...none, memory: [memory] })).toEqual([
      "P7  10 GB, under P3: RSS at most 180 MiB on the leader, 170 and 201 on the followers " +
        "(goal <= 200; not yet)",
    ]);
  });
});
