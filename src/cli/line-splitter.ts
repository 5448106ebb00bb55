const NEWLINE = 0x0a;

/** Splits a stream of bytes at `\n`, and keeps everything else as it is. */
export class LineSplitter {
  readonly #maxBytes: number;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #lines = 0;

  /** A line longer than `maxBytes` is an error as soon as it is known to be one. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Number of the line that is being read, from 1. */
  get lineNumber(): number {
    return this.#lines + 1;
  }

  /** The lines that `chunk` completes. @throws LineTooLong */
  *split(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#partialBytes + part.length > this.#maxBytes) throw new LineTooLong(this.lineNumber);
      if (end === -1) {
        if (part.length > 0) this.#keep(part);
        return;
      }
      yield this.#complete(part);
      start = end + 1;
    }
  }

  /** What stands after the last newline, if anything does. */
  rest(): Buffer | undefined {
    return this.#partialBytes === 0 ? undefined : this.#complete(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    this.#partial.push(part);
    this.#partialBytes += part.length;
  }

  #complete(part: Buffer): Buffer {
    this.#lines++;
    if (this.#partialBytes === 0) return part;
    const line = Buffer.concat([...this.#partial, part]);
    this.#partial = [];
    this.#partialBytes = 0;
    return line;
  }
}

export class LineTooLong extends Error {
  readonly lineNumber: number;

  constructor(lineNumber: number) {
    super(`line ${lineNumber} is too long`);
    this.lineNumber = lineNumber;
  }
}
