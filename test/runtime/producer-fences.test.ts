import { describe, expect, it } from "vitest";
import { ProducerFences } from "../../src/runtime/producer-fences.ts";

const stamp = (id: number, epoch: number) => ({ id, epoch, sequence: 0 });

describe("producer fences", () => {
  it("let only the epoch that was opened last append", () => {
    const fences = new ProducerFences();
    fences.open(7, 1);
    expect(fences.check(stamp(7, 1))).toBeUndefined();
    fences.open(7, 2);
    expect(fences.check(stamp(7, 1))?.code).toBe("PRODUCER_FENCED");
    expect(fences.check(stamp(7, 2))).toBeUndefined();
  });

  it("refuse to open an epoch older than the one that is open", () => {
    const fences = new ProducerFences();
    fences.open(7, 2);
    expect(() => fences.open(7, 1)).toThrowError(/not open here/);
  });

  it("refuse a producer that this leadership has not seen: its barrier is not known", () => {
    const fences = new ProducerFences();
    fences.open(7, 1);
    fences.clear();
    expect(fences.check(stamp(7, 1))?.code).toBe("PRODUCER_FENCED");
  });

  it("let appends without a producer pass", () => {
    expect(new ProducerFences().check(undefined)).toBeUndefined();
  });
});
