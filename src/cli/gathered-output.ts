import { write } from "./output.ts";

const CHUNK_BYTES = 256 << 10;

/** Gathers many small pieces into few writes; waits while the reader of stdout is slow. */
export class GatheredOutput {
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;
  readonly #full: Uint8Array[] = [];

  add(piece: Uint8Array | string): void {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    if (bytes.length > this.#chunk.length - this.#length) this.#turn();
    if (bytes.length > this.#chunk.length) this.#full.push(Uint8Array.from(bytes));
    else {
      this.#chunk.set(bytes, this.#length);
      this.#length += bytes.length;
    }
  }

  /** One byte, without the cost of a piece. */
  addByte(byte: number): void {
    if (this.#length === this.#chunk.length) this.#turn();
    this.#chunk[this.#length++] = byte;
  }

  /** Writes once there is enough of it. */
  async flushWhenFull(): Promise<void> {
    if (this.#full.length > 0) await this.flush();
  }

  async flush(): Promise<void> {
    this.#turn();
    for (const bytes of this.#full.splice(0)) await write(bytes);
  }

  /** A written chunk may still be in the stream's hands: the next one is a new one. */
  #turn(): void {
    if (this.#length === 0) return;
    this.#full.push(this.#chunk.subarray(0, this.#length));
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#length = 0;
  }
}
