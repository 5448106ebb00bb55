import { assert } from "../../common/assert.ts";
import { FRAME_VERSION } from "../../common/frame.ts";
import type { File } from "../file-system.ts";
import { unknownVersion } from "../wal/damage.ts";
import { inflateBlock } from "./block.ts";
import {
  type BlockPlace,
  decodeHead,
  decodeTrailer,
  encodeHead,
  encodeTrailer,
  HEAD_FIXED_BYTES,
  type Head,
  headBytesFor,
  headLength,
  logicalBytesOf,
  storedFileBytes,
  TRAILER_BYTES,
} from "./head.ts";

/** Something of a compressed file that holds none of the plain file's bytes. */
export interface HeadFault {
  /** In the compressed file. */
  readonly byte: number;
  readonly what: string;
}

/**
 * A compressed file, read as the plain one: the same size, the same bytes at the same positions.
 * A block that is damaged reads as zeros, which no checksum of what lies in it accepts.
 */
export class CompressedFile implements File {
  readonly path: string;
  /** Its size on the disk when it was opened. */
  readonly storedBytes: number;
  readonly #file: File;
  readonly #head: Head;
  /** Where each block is stored. */
  readonly #positions: readonly number[];

  private constructor(file: File, head: Head, storedBytes: number) {
    this.path = file.path;
    this.storedBytes = storedBytes;
    this.#file = file;
    this.#head = head;
    let at = headBytesFor(head.blocks.length);
    this.#positions = head.blocks.map(({ storedBytes: length }) => (at += length) - length);
  }

  /**
   * Reads `file` through it, which then closes with it; absent when the file is not compressed, or
   * damaged at both ends: it is then taken for a plain one that is damaged.
   * @throws FatalError("config") when a later version wrote it.
   */
  static async over(file: File): Promise<CompressedFile | undefined> {
    const fixed = await readAt(file, 0, HEAD_FIXED_BYTES);
    if (fixed.length === 0 || fixed[0] === FRAME_VERSION) return undefined;
    const bytes = await file.size();
    const length = headLength(fixed) ?? Number.POSITIVE_INFINITY;
    const first = length <= bytes ? decodeHead(await readAt(file, 0, length)) : "damaged";
    const head = typeof first === "object" ? first : await lastHead(file, bytes, first);
    return head && new CompressedFile(file, head, bytes);
  }

  size(): Promise<number> {
    return Promise.resolve(this.#head.logicalBytes);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const { blockBytes, logicalBytes } = this.#head;
    const end = Math.min(position + into.length, logicalBytes);
    for (let at = position; at < end; ) {
      const block = Math.floor(at / blockBytes);
      const within = at - block * blockBytes;
      const length = Math.min(end - at, blockBytes - within);
      const piece = into.subarray(at - position, at - position + length);
      const plain = await this.#block(block);
      if (plain === undefined) piece.fill(0);
      else piece.set(plain.subarray(within, within + length));
      at += length;
    }
    return Math.max(0, end - position);
  }

  /** Looks at both heads and at the end; the blocks are looked at by whoever reads them. */
  async checkHeads(): Promise<HeadFault | undefined> {
    const head = encodeHead(this.#head);
    const end = [head, encodeTrailer(head.length)];
    const whole = storedFileBytes(this.#head);
    const behind = whole - head.length - TRAILER_BYTES;
    if (!(await this.#holds(head, 0))) return { byte: 0, what: "the first head is damaged" };
    const last = await this.#holds(Buffer.concat(end), behind);
    const bytes = await this.#file.size();
    if (!last) return { byte: Math.min(behind, bytes), what: "the last head is damaged" };
    return bytes === whole ? undefined : { byte: whole, what: "bytes follow the last head" };
  }

  write(): Promise<void> {
    return this.#readOnly();
  }

  sync(): Promise<void> {
    return this.#readOnly();
  }

  truncate(): Promise<void> {
    return this.#readOnly();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #block(at: number): Promise<Uint8Array | undefined> {
    const place = this.#head.blocks[at] as BlockPlace;
    const stored = await readAt(this.#file, this.#positions[at] as number, place.storedBytes);
    return inflateBlock(stored, place, logicalBytesOf(this.#head, at));
  }

  async #holds(bytes: Uint8Array, position: number): Promise<boolean> {
    return Buffer.compare(await readAt(this.#file, position, bytes.length), bytes) === 0;
  }

  #readOnly(): never {
    assert(false, `${this.path} is compressed: it is expanded before it is written`);
  }
}

async function readAt(file: File, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, await file.read(bytes, position));
}

/** The head behind the blocks. It is believed only in a file that is exactly as long as it says. */
async function lastHead(
  file: File,
  bytes: number,
  first: "damaged" | "version",
): Promise<Head | undefined> {
  if (first === "version") throw ofLaterVersion(file, 0);
  if (bytes < TRAILER_BYTES) return undefined;
  const length = decodeTrailer(await readAt(file, bytes - TRAILER_BYTES, TRAILER_BYTES));
  if (length === undefined || 2 * length + TRAILER_BYTES > bytes) return undefined;
  const position = bytes - TRAILER_BYTES - length;
  const head = decodeHead(await readAt(file, position, length));
  if (head === "version") throw ofLaterVersion(file, position);
  return head === "damaged" || storedFileBytes(head) !== bytes ? undefined : head;
}

function ofLaterVersion({ path: file }: File, byte: number): Error {
  return unknownVersion({ file, byte }, "the file is compressed, by a head");
}
