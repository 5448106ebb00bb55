const NEWLINE = 0x0a;

/**
 * Splits standard input at `\n`. A line longer than `maxBytes` is passed over, told once, and the
 * next one is read as if nothing had been.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #tooLong: () => void;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #skipping = false;

  constructor(maxBytes: number, tooLong: () => void) {
    this.#maxBytes = maxBytes;
    this.#tooLong = tooLong;
  }

  /** The lines that `chunk` completes, without their ends. */
  *split(chunk: Buffer): Generator<string> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#keep(chunk.subarray(start, end === -1 ? chunk.length : end));
      if (end === -1) return;
      const line = this.rest();
      if (line !== undefined) yield line;
      start = end + 1;
    }
  }

  /** What stands after the last newline; absent when nothing does. */
  rest(): string | undefined {
    const line = this.#skipping ? "" : Buffer.concat(this.#partial).toString();
    this.#forget();
    this.#skipping = false;
    return line.trim() === "" ? undefined : line;
  }

  #keep(part: Buffer): void {
    if (this.#skipping) return;
    this.#partialBytes += part.length;
    if (this.#partialBytes <= this.#maxBytes) return void this.#partial.push(part);
    this.#forget();
    this.#skipping = true;
    this.#tooLong();
  }

  #forget(): void {
    this.#partial = [];
    this.#partialBytes = 0;
  }
}
