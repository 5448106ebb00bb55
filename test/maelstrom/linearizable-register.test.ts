import { describe, expect, it } from "vitest";
import {
  isLinearizable,
  type RegisterOperation,
  type RegisterStep,
} from "./linearizable-register.ts";

function op(invokedMs: number, completedMs: number, step: RegisterStep): RegisterOperation {
  return { invokedMs, completedMs, step };
}

const write = (value: number): RegisterStep => ({ f: "write", value });
const read = (value: number | undefined): RegisterStep => ({ f: "read", value });
const cas = (from: number, to: number): RegisterStep => ({ f: "cas", from, to });

describe("the register checker", () => {
  it("accepts what happened one after the other", () => {
    const history = [
      op(0, 1, read(undefined)),
      op(2, 3, { f: "cas missing" }),
      op(4, 5, write(1)),
      op(6, 7, cas(1, 2)),
      op(8, 9, { f: "cas mismatch", from: 1 }),
      op(10, 11, read(2)),
    ];
    expect(isLinearizable(history)).toBe(true);
  });

  it("finds the order of operations that overlap", () => {
    expect(isLinearizable([op(0, 10, write(1)), op(1, 9, write(2)), op(11, 12, read(1))])).toBe(
      true,
    );
    expect(isLinearizable([op(0, 10, write(1)), op(1, 2, read(1)), op(3, 4, read(1))])).toBe(true);
  });

  it("lets an operation of unknown outcome happen late, or never", () => {
    const unknown = op(0, Infinity, write(7));
    expect(isLinearizable([unknown, op(1, 2, read(undefined))])).toBe(true);
    expect(isLinearizable([unknown, op(1, 2, read(undefined)), op(3, 4, read(7))])).toBe(true);
  });

  it.each([
    ["a stale read", [op(0, 1, write(1)), op(2, 3, write(2)), op(4, 5, read(1))]],
    ["a lost write", [op(0, 1, write(1)), op(2, 3, read(undefined))]],
    ["a read that goes back", [op(0, 10, write(1)), op(1, 2, read(1)), op(3, 4, read(undefined))]],
    ["two that both won", [op(0, 1, write(1)), op(2, 9, cas(1, 2)), op(2, 9, cas(1, 3))]],
    ["a value from nowhere", [op(0, 1, write(1)), op(2, 3, read(5))]],
    ["a refusal that was wrong", [op(0, 1, write(1)), op(2, 3, { f: "cas mismatch", from: 1 })]],
    ["a key that went away", [op(0, 1, write(1)), op(2, 3, { f: "cas missing" })]],
    [
      "an unknown one that happened twice",
      [
        op(0, 1, write(1)),
        op(2, Infinity, write(7)),
        op(3, 4, read(7)),
        op(5, 6, write(1)),
        op(7, 8, read(7)),
      ],
    ],
  ] as const)("catches %s", (_, history) => {
    expect(isLinearizable(history)).toBe(false);
  });
});
