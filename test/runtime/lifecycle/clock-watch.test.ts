import { describe, expect, it } from "vitest";
import { ClockWatch } from "../../../src/runtime/lifecycle/clock-watch.ts";
import type { Meeting } from "../../../src/transport/types.ts";

const OURS_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

/** A leader of three whose others' clocks are this far from its own; absent: not reachable. */
function watchOf(skews: Readonly<Record<string, number | undefined>>) {
  const clock = { mono: 0, skewMs: 0, nowMs: () => clock.mono, wallMs: () => wall() };
  const wall = () => OURS_MS + clock.mono + clock.skewMs;
  const meeting: Meeting = {
    identity: { nodeId: "n1", diskId: "d", clusterId: "c", incarnation: 1 },
    ...{ voters: [], formed: true },
  };
  const meet = async (peer: string): Promise<Meeting> => {
    const skew = skews[peer];
    if (skew === undefined) throw new Error("not reachable");
    return { ...meeting, wallMs: OURS_MS + clock.mono + skew };
  };
  const watch = new ClockWatch({
    ...{ nodeId: "n1", voters: ["n1", "n2", "n3"], clock },
    ...{ transport: { meet }, gate: { meeting: () => meeting } },
  });
  return { watch, clock };
}

async function asked(skews: Parameters<typeof watchOf>[0]) {
  const { watch, clock } = watchOf(skews);
  watch.look();
  await new Promise(setImmediate);
  return { watch, clock };
}

describe("a leader's clock", () => {
  it.each([
    ["agrees with two that are near", { n2: 5, n3: -5 }, true],
    ["agrees with one of two: they are a majority", { n2: 30_000, n3: HOUR_MS }, true],
    ["agrees with one of two when the other is away", { n2: 30_000, n3: undefined }, true],
    ["is alone against both", { n2: HOUR_MS, n3: HOUR_MS }, false],
    ["is alone when nobody answers", { n2: undefined, n3: undefined }, false],
  ])("%s", async (_what, skews, agrees) => {
    expect((await asked(skews)).watch.agrees).toBe(agrees);
  });

  it("is not believed before anybody was asked, nor long after", async () => {
    expect(watchOf({ n2: 0, n3: 0 }).watch.agrees).toBe(false);
    const { watch, clock } = await asked({ n2: 0, n3: 0 });
    clock.mono += 61_000;
    expect(watch.agrees).toBe(false);
  });

  it("is not believed from the moment at which it jumps", async () => {
    const { watch, clock } = await asked({ n2: 0, n3: 0 });
    clock.skewMs = HOUR_MS;
    expect(watch.agrees).toBe(false);
    clock.skewMs = 0;
    expect(watch.agrees).toBe(true);
  });
});
