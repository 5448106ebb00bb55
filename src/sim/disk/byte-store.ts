/** Most files are written in many small pieces. */
const LEAST_ROOM = 1024;

/** Bytes that grow: the content of a file, as the device or the page cache has it. */
export class ByteStore {
  #bytes: Uint8Array;
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = new Uint8Array(bytes);
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Fills as much of `into` as there is from `position` on; answers how much. */
  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.#length, position + into.length);
    if (end <= position) return 0;
    into.set(this.#bytes.subarray(position, end));
    return end - position;
  }

  /** A view, valid until the next change. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): ByteStore {
    return new ByteStore(this.view());
  }

  /** Bytes between the old end and `position` read as zeros. */
  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2, LEAST_ROOM));
      grown.set(this.view());
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, position);
    this.#length = Math.max(this.#length, end);
  }

  /** Cuts, or extends with zeros. */
  resize(length: number): void {
    if (length > this.#length) this.write(new Uint8Array(length - this.#length), this.#length);
    else {
      this.#bytes.fill(0, length, this.#length);
      this.#length = length;
    }
  }
}
