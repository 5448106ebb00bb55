import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
  writevSync,
} from "node:fs";

const MIB = 1 << 20;
/** A growing file starts again here, so that a long run does not fill the disk. */
const GROWING_LIMIT = 1024 * MIB;
/** A preallocated file is used in a circle; this much is kept for the group written last. */
const CIRCLE_MARGIN = 16 * MIB;

interface Write {
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

/**
 * One file, one writer, one `fdatasync` in flight: what arrives meanwhile is the next group. The
 * same group commit as Balsa's, without rows, segments or recovery.
 */
export class CeilingFile {
  readonly #fd: number;
  readonly #preallocated: number;
  #position = 0;
  #waiting: Write[] = [];
  #busy = false;

  /** `preallocateMib` 0: the file grows. Otherwise its blocks exist before the first write. */
  constructor(path: string, preallocateMib: number) {
    this.#fd = openSync(path, "w");
    this.#preallocated = preallocateMib * MIB;
    const zeros = Buffer.alloc(MIB);
    for (let at = 0; at < this.#preallocated; at += MIB) writeSync(this.#fd, zeros, 0, MIB, at);
    fsyncSync(this.#fd);
  }

  /** Calls `done` when `bytes` are synced. */
  write(bytes: Uint8Array, done: () => void): void {
    this.#waiting.push({ bytes, done });
    if (!this.#busy) this.#flush();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #flush(): void {
    this.#busy = true;
    const group = this.#waiting;
    this.#waiting = [];
    const chunks = group.map(({ bytes }) => bytes);
    this.#position += writevSync(this.#fd, chunks, this.#position);
    this.#startAgain();
    fdatasync(this.#fd, (error) => {
      if (error !== null) throw error;
      for (const { done } of group) done();
      this.#busy = false;
      if (this.#waiting.length > 0) this.#flush();
    });
  }

  #startAgain(): void {
    if (this.#preallocated > 0) {
      if (this.#position > this.#preallocated - CIRCLE_MARGIN) this.#position = 0;
    } else if (this.#position > GROWING_LIMIT) {
      ftruncateSync(this.#fd, 0);
      this.#position = 0;
    }
  }
}
