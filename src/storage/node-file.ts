import fs from "node:fs";
import { promisify } from "node:util";
import { assert } from "../common/assert.ts";
import { byteLengthOf, chunksAfter } from "./chunks.ts";
import type { File } from "./file-system.ts";
import { codeOf, failing } from "./node-io.ts";
import { ioError } from "./io-error.ts";

/**
 * Groups up to this size are written by a blocking call: a copy into the page cache takes less
 * time than a trip to the thread pool and back (measured: 0.01 to 0.02 ms of 0.11 to 0.15 ms for
 * write and sync together). Larger ones would hold up the event loop.
 */
const BLOCKING_WRITE_BYTES = 256 << 10;

const writev = promisify(fs.writev);
const fstat = promisify(fs.fstat);
const ftruncate = promisify(fs.ftruncate);
const close = promisify(fs.close);

/** A file descriptor and the name it was opened by. */
export class NodeFile implements File {
  readonly path: string;
  readonly #fd: number;
  #open = true;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  async size(): Promise<number> {
    this.#check();
    const { size } = await failing("look at", this.path, fstat(this.#fd));
    return size;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#check();
    let filled = 0;
    while (filled < into.length) {
      const bytes = await this.#readOnce(into, filled, position + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    return filled;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#check();
    const total = byteLengthOf(chunks);
    let rest = chunks;
    for (let written = 0; written < total; ) {
      const bytes = await this.#writeOnce(rest, position + written, total - written);
      assert(bytes > 0, `a write to ${this.path} wrote nothing and reported no error`);
      written += bytes;
      if (written < total) rest = chunksAfter(rest, bytes);
    }
  }

  sync(): Promise<void> {
    this.#check();
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(ioError("sync", this.path, codeOf(error), error));
      });
    });
  }

  async truncate(length: number): Promise<void> {
    this.#check();
    await failing("cut", this.path, ftruncate(this.#fd, length));
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await failing("close", this.path, close(this.#fd));
  }

  #readOnce(into: Uint8Array, at: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, at, into.length - at, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(ioError("read", this.path, codeOf(error), error));
      });
    });
  }

  async #writeOnce(
    chunks: readonly Uint8Array[],
    position: number,
    byteLength: number,
  ): Promise<number> {
    try {
      if (byteLength <= BLOCKING_WRITE_BYTES) return fs.writevSync(this.#fd, chunks, position);
      const { bytesWritten } = await writev(this.#fd, chunks, position);
      return bytesWritten;
    } catch (error) {
      throw ioError("write", this.path, codeOf(error), error);
    }
  }

  #check(): void {
    assert(this.#open, `${this.path} was closed`);
  }
}
