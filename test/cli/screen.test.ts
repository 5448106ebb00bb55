import { afterEach, describe, expect, it, vi } from "vitest";
import { Screen } from "../../src/cli/screen.ts";

function drawnOn(terminal: { isTTY?: boolean; columns?: number; rows?: number }) {
  let drawn = "";
  vi.spyOn(process.stdout, "write").mockImplementation((data) => {
    drawn += String(data);
    return true;
  });
  const screen = new Screen(terminal as NodeJS.WriteStream);
  return { screen, take: () => drawn };
}

afterEach(() => vi.restoreAllMocks());

describe("a picture that is drawn again", () => {
  it("is drawn over itself on a terminal", async () => {
    const { screen, take } = drawnOn({ isTTY: true, columns: 80, rows: 24 });
    await screen.draw("a\nb\n");
    await screen.draw("c\n");
    expect(take()).toBe("a\u001B[K\nb\u001B[K\n\u001B[J" + "\u001B[2A\rc\u001B[K\n\u001B[J");
  });

  it("is cut to the size of the terminal: what wraps could not be drawn over", async () => {
    const { screen, take } = drawnOn({ isTTY: true, columns: 3, rows: 3 });
    await screen.draw("abcdef\n2\n3\n4\n");
    expect(take()).toBe("abc\u001B[K\n2\u001B[K\n\u001B[J");
  });

  it("follows the one before where nobody looks on", async () => {
    const { screen, take } = drawnOn({});
    await screen.draw("a\n");
    await screen.draw("b\n");
    expect(take()).toBe("a\n\nb\n");
  });
});
