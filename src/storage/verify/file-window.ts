import type { File } from "../file-system.ts";

const WINDOW_BYTES = 1 << 20;

/** A file, read forward in large pieces and looked at in small ones. */
export class FileWindow {
  readonly #file: File;
  /** Where what may be looked at ends. */
  readonly end: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(file: File, end: number) {
    this.#file = file;
    this.end = end;
  }

  get path(): string {
    return this.#file.path;
  }

  /** `length` bytes from `position`, or as many as there are. A view until the next call. */
  async at(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.end - position));
    if (position < this.#start || position + wanted > this.#start + this.#bytes.length)
      await this.#fill(position, wanted);
    const from = position - this.#start;
    return this.#bytes.subarray(from, from + wanted);
  }

  async #fill(position: number, wanted: number): Promise<void> {
    const size = Math.min(Math.max(wanted, WINDOW_BYTES), this.end - position);
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, size));
    const filled = await this.#file.read(bytes, position);
    this.#bytes = bytes.subarray(0, filled);
    this.#start = position;
  }
}
