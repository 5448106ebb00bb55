import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Bytes covered by one block checksum of the footer. */
export const BLOCK_BYTES = 1 << 16;

/** What a footer says of a segment's frames. */
export interface DigestResult {
  readonly sha256: Uint8Array;
  readonly blockCrcs: readonly number[];
}

/** SHA-256 and block checksums of a segment's frames, fed as they are written, in order. */
export class SegmentDigest {
  readonly #hash: Hash = createHash("sha256");
  readonly #blockCrcs: number[] = [];
  #blockCrc = 0;
  #length = 0;

  /** Bytes fed so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const room = BLOCK_BYTES - (this.#length % BLOCK_BYTES);
      const piece = bytes.subarray(at, at + room);
      this.#blockCrc = crc32(piece, this.#blockCrc);
      this.#length += piece.length;
      at += piece.length;
      if (this.#length % BLOCK_BYTES === 0) this.#endBlock();
    }
  }

  /** Ends it: nothing may be fed afterwards. */
  finish(): DigestResult {
    if (this.#length % BLOCK_BYTES !== 0) this.#endBlock();
    return { sha256: this.#hash.digest(), blockCrcs: this.#blockCrcs };
  }

  #endBlock(): void {
    this.#blockCrcs.push(this.#blockCrc);
    this.#blockCrc = 0;
  }
}
