import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../src/maelstrom/line-splitter.ts";

function split(chunks: readonly string[], maxBytes = 100): { lines: string[]; tooLong: number } {
  let tooLong = 0;
  const splitter = new LineSplitter(maxBytes, () => tooLong++);
  const lines = chunks.flatMap((chunk) => [...splitter.split(Buffer.from(chunk))]);
  const rest = splitter.rest();
  return { lines: rest === undefined ? lines : [...lines, rest], tooLong };
}

describe("lines of input", () => {
  it("are whole however the chunks fall", () => {
    expect(split(["a", "b\nc", "\n", "", "d\ne"]).lines).toEqual(["ab", "c", "d", "e"]);
  });

  it("that are empty are none", () => {
    expect(split(["\n \n\r\n"]).lines).toEqual([]);
  });

  it("that are too long are passed over, each told once", () => {
    const { lines, tooLong } = split(["abcd\nab", "c", "d", "e\nx\n123456", "789"], 3);
    expect({ lines, tooLong }).toEqual({ lines: ["x"], tooLong: 3 });
  });

  it("may be as long as the limit", () => {
    expect(split(["abc\n"], 3)).toEqual({ lines: ["abc"], tooLong: 0 });
  });
});
