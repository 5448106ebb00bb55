import { describe, expect, it } from "vitest";
import { LogIndex } from "../../../src/common/brand.ts";
import { TransferPins } from "../../../src/runtime/snapshots/transfer-pins.ts";

const bytes = (upTo: number) => (from: LogIndex) => 10 * (upTo - from + 1);

describe("pins", () => {
  it("hold the log back at the lowest of them, until they are released", () => {
    const pins = new TransferPins(() => 1000);
    expect(pins.pinnedFrom).toBeUndefined();
    const release = pins.pin(LogIndex(5));
    const other = pins.pin(LogIndex(8));
    expect(pins.pinnedFrom).toBe(6);
    expect(pins.allowed(LogIndex(20), bytes(20))).toBe(5);
    expect(pins.allowed(LogIndex(4), bytes(4))).toBe(4);
    release();
    release();
    expect(pins.allowed(LogIndex(20), bytes(20))).toBe(8);
    other();
    expect(pins.pinnedFrom).toBeUndefined();
    expect(pins.allowed(LogIndex(20), bytes(20))).toBe(20);
  });

  it("are given up when they keep too much, and do not come back", () => {
    const pins = new TransferPins(() => 100);
    pins.pin(LogIndex(5));
    expect(pins.allowed(LogIndex(15), bytes(15))).toBe(5);
    expect(pins.allowed(LogIndex(16), bytes(16))).toBe(16);
    expect(pins.allowed(LogIndex(15), bytes(15))).toBe(15);
    expect(pins.pinnedFrom).toBeUndefined();
  });

  it("may keep as much as the log's settings say by then", () => {
    let maxBytes = 100;
    const pins = new TransferPins(() => maxBytes);
    pins.pin(LogIndex(5));
    maxBytes = 110;
    expect(pins.allowed(LogIndex(16), bytes(16))).toBe(5);
    maxBytes = 50;
    expect(pins.allowed(LogIndex(15), bytes(15))).toBe(15);
  });
});
