import { describe, expect, it } from "vitest";
import { FailoverLoad } from "../../../scripts/bench/failover-load.ts";
import { parseBenchOptions } from "../../../scripts/bench/options.ts";
import { percentile } from "../../../scripts/bench/percentile.ts";
import type { AppendAck, Producer } from "../../../src/client/index.ts";

describe("a percentile", () => {
  it("is a value that was measured", () => {
    const values = [5, 1, 4, 2, 3];
    expect([0.5, 0.99, 0].map((share) => percentile(values, share))).toEqual([3, 5, 1]);
  });
});

describe("the load under which leaders are killed", () => {
  it("takes late acknowledgements of the old term for what they are", async () => {
    const waiting: ((ack: AppendAck) => void)[] = [];
    const append = () => new Promise<AppendAck>((resolve) => waiting.push(resolve));
    const load = new FailoverLoad({ append } as unknown as Producer);
    const settle = async (term: number) => {
      waiting.shift()?.({ offset: 0, term, index: 1, duplicate: false });
      await new Promise(setImmediate);
    };
    load.start();
    await settle(3);
    let seen = false;
    void load.firstAckOfNextTerm().then(() => (seen = true));
    await settle(3);
    expect(seen).toBe(false);
    await settle(4);
    expect(seen).toBe(true);
    const stopped = load.stop();
    while (waiting.length > 0) await settle(4);
    await stopped;
  });
});

describe("the bench's options", () => {
  it("kill leaders only where P5 is named", () => {
    expect(parseBenchOptions([]).kills).toBe(0);
    expect(parseBenchOptions(["--only", "p5"])).toMatchObject({ kills: 10, cases: [] });
    const both = parseBenchOptions(["--only", "P1,P5", "--kills", "50"]);
    expect(both.kills).toBe(50);
    expect(both.cases.map(({ id }) => id)).toEqual(["P1"]);
    expect(() => parseBenchOptions(["--only", "P11"])).toThrow('"P1 alone", P2 and P3 to P9');
  });
});
