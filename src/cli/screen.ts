import { stripVTControlCharacters } from "node:util";
import { write } from "./output.ts";

const CLEAR_LINE_END = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";

/** A picture that is drawn over itself on a terminal; elsewhere the pictures follow each other. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  #lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  async draw(text: string): Promise<void> {
    if (this.#stream.isTTY !== true) return write(`${this.#lines++ === 0 ? "" : "\n"}${text}`);
    // A terminal that does not know its size says 0.
    const columns = this.#stream.columns || 80;
    const rows = this.#stream.rows || 24;
    // A line that wraps, or a picture taller than the terminal, could not be drawn over.
    const lines = text
      .trimEnd()
      .split("\n")
      .slice(0, Math.max(1, rows - 1))
      .map((line) => cut(line, columns));
    const up = this.#lines === 0 ? "" : `\u001B[${this.#lines}A\r`;
    this.#lines = lines.length;
    const drawn = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("");
    await write(`${up}${drawn}${CLEAR_BELOW}`);
  }
}

function cut(line: string, columns: number): string {
  const plain = [...stripVTControlCharacters(line)];
  return plain.length <= columns ? line : plain.slice(0, columns).join("");
}
