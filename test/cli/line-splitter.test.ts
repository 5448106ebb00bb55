import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, LineTooLong } from "../../src/cli/line-splitter.ts";

function linesOf(chunks: readonly Buffer[], maxBytes = 1 << 20): Buffer[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = chunks.flatMap((chunk) => [...splitter.split(chunk)]);
  const rest = splitter.rest();
  return rest === undefined ? lines : [...lines, rest];
}

/** Where to cut `bytes`, and the pieces. */
const chunked = fc
  .tuple(fc.uint8Array({ maxLength: 200, max: 12 }), fc.array(fc.nat(200), { maxLength: 8 }))
  .map(([bytes, cuts]) => {
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
      (a, b) => a - b,
    );
    return places.slice(1).map((end, at) => Buffer.from(bytes.subarray(places[at] ?? 0, end)));
  });

describe("lines", () => {
  it("are the same however the bytes arrive, and joined they are the bytes", () => {
    fc.assert(
      fc.property(chunked, (chunks) => {
        const whole = Buffer.concat(chunks);
        const lines = linesOf(chunks);
        expect(lines).toEqual(linesOf([whole]));
        const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
        const ended = whole.length === 0 || whole.at(-1) === 10;
        expect(joined).toEqual(ended ? whole : Buffer.concat([whole, Buffer.from("\n")]));
      }),
    );
  });

  it("too long are refused by number, before they are held in memory", () => {
    const splitter = new LineSplitter(4);
    expect([...splitter.split(Buffer.from("abcd\n12"))].map(String)).toEqual(["abcd"]);
    expect(() => [...splitter.split(Buffer.from("345"))]).toThrow(LineTooLong);
    expect(splitter.lineNumber).toBe(2);
  });
});
