import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/common/random.ts";
import { Tempo } from "../../../src/sim/clients/tempo.ts";

/** The pace at every tenth of a second of a minute. */
function paces(seed: number): readonly number[] {
  let nowMs = 0;
  const tempo = new Tempo(seededRandom(seed), () => nowMs);
  return Array.from({ length: 600 }, (_, tenth) => {
    nowMs = tenth * 100;
    return tempo.paceMs;
  });
}

describe("the tempo of a world's clients", () => {
  it("is a rush now and then, and quiet for most of the time", () => {
    const all = Array.from({ length: 50 }, (_, seed) => paces(seed)).flat();
    const share = (paceMs: number) => all.filter((pace) => pace === paceMs).length / all.length;
    expect([...new Set(all)].toSorted((a, b) => a - b)).toEqual([100, 400, 1500]);
    expect(share(100)).toBeGreaterThan(0.1);
    expect(share(1500)).toBeGreaterThan(0.4);
  });

  it("stays for half a second at least", () => {
    const changes = paces(7).flatMap((pace, at, all) => (pace === all[at - 1] ? [] : [at]));
    const lengths = changes.slice(1).map((at, i) => at - (changes[i] ?? 0));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(5);
  });

  it("is the same for the same seed, however often it is asked for", () => {
    expect(paces(3)).toEqual(paces(3));
    let nowMs = 59_900;
    const late = new Tempo(seededRandom(3), () => nowMs);
    expect(late.paceMs).toBe(paces(3).at(-1));
    nowMs = 0;
    expect(late.paceMs).toBe(paces(3).at(-1));
  });
});
