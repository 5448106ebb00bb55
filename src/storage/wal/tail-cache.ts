import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import { headerChainAt, headerTermAt, viewOf } from "../../common/frame.ts";
import type { FrameBlock } from "../../common/frame-block.ts";
import type { FrameRun } from "../types.ts";

/** Shorter pieces are copied into a slab, so that they are written and sent as one. */
const COPY_BELOW_BYTES = 16 << 10;
const SLAB_BYTES = 256 << 10;
const FIRST_SLOTS = 1024;

/** Consecutive frames that lie next to each other in memory. `start` counts bytes of the log. */
interface Chunk {
  readonly firstIndex: number;
  readonly start: number;
  bytes: Uint8Array;
}

/**
 * The frames at the log's end, as bytes: what is waiting to be written, and what live followers
 * and readers ask for. Costs eight bytes an entry beside the frames.
 */
export class TailCache {
  readonly #limitBytes: number;
  #chunks: Chunk[] = [];
  /** Where each entry starts, in bytes since the cache began; slot = index modulo length. */
  #starts = new Float64Array(FIRST_SLOTS);
  #first: number;
  #next: number;
  #end = 0;
  /** Chain of the entry before the first one held. */
  #prevChain: number;
  #slab = new Uint8Array(0);
  #slabUsed = 0;

  /** Begins empty, after the entry `lastIndex`, whose chain is `chain`. */
  constructor(lastIndex: LogIndex, chain: number, limitBytes: number) {
    this.#first = lastIndex + 1;
    this.#next = lastIndex + 1;
    this.#prevChain = chain;
    this.#limitBytes = limitBytes;
  }

  /** First entry held; past the last entry when nothing is. */
  get firstIndex(): LogIndex {
    return this.#first as LogIndex;
  }

  /** Forgets everything: the next entry comes after `lastIndex`, whose chain is `chain`. */
  restart(lastIndex: LogIndex, chain: number): void {
    this.#chunks = [];
    this.#first = lastIndex + 1;
    this.#next = lastIndex + 1;
    this.#prevChain = chain;
  }

  append(frames: FrameBlock): void {
    const firstIndex = this.#next;
    const start = this.#end;
    for (const at of frames.starts) {
      if (this.#next - this.#first >= this.#starts.length) this.#growStarts();
      this.#starts[this.#next % this.#starts.length] = start + at;
      this.#next++;
    }
    this.#end = start + frames.bytes.length;
    this.#addBytes(firstIndex, start, frames.bytes);
  }

  /** Forgets the entries from `from` on; `chain` is that of the entry before. */
  truncate(from: LogIndex, chain: number): void {
    if (from >= this.#next) return;
    if (from <= this.#first) {
      this.#chunks = [];
      this.#first = from;
      this.#prevChain = chain;
    } else this.#end = this.#startOf(from);
    this.#next = from;
    while (true) {
      const chunk = this.#chunks.at(-1);
      if (chunk === undefined || chunk.start + chunk.bytes.length <= this.#end) return;
      if (chunk.start >= this.#end) this.#chunks.pop();
      else chunk.bytes = chunk.bytes.subarray(0, this.#end - chunk.start);
    }
  }

  /** Lets the oldest frames go, above the limit; those after `writtenIndex` are needed. */
  evict(writtenIndex: LogIndex): void {
    let dropped = 0;
    for (const [at, chunk] of this.#chunks.entries()) {
      const next = this.#chunks[at + 1];
      if (next === undefined || next.firstIndex > writtenIndex + 1) break;
      if (this.#end - chunk.start <= this.#limitBytes) break;
      this.#prevChain = this.#chainOf(next.firstIndex - 1);
      this.#first = next.firstIndex;
      dropped++;
    }
    if (dropped > 0) this.#chunks.splice(0, dropped);
  }

  /** Chain of the entry at `index`, or of the one before the first; absent when it is not here. */
  chainAt(index: LogIndex): number | undefined {
    if (index === this.#first - 1) return this.#prevChain;
    return index >= this.#first && index < this.#next ? this.#chainOf(index) : undefined;
  }

  /** Bytes of the frames first..last. */
  byteLength(first: LogIndex, last: LogIndex): number {
    return this.#endOf(last) - this.#startOf(first);
  }

  /** Last of the frames from `first` to `upTo` that fit into `maxBytes`; at least `first`. */
  lastWithin(first: LogIndex, upTo: LogIndex, maxBytes: number): LogIndex {
    const start = this.#startOf(first);
    let low: number = first;
    let high = Math.min(upTo, this.#next - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#endOf(middle) - start <= maxBytes) low = middle;
      else high = middle - 1;
    }
    return low as LogIndex;
  }

  /** The bytes of the frames first..last, which must be here, in as few pieces as possible. */
  slices(first: LogIndex, last: LogIndex): Uint8Array[] {
    assert(first >= this.#first && last < this.#next, "only frames that are held can be sliced");
    const start = this.#startOf(first);
    const end = this.#endOf(last);
    const slices: Uint8Array[] = [];
    for (let at = this.#chunkAt(start); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at];
      if (chunk === undefined || chunk.start >= end) break;
      const from = Math.max(0, start - chunk.start);
      const to = Math.min(chunk.bytes.length, end - chunk.start);
      slices.push(
        from === 0 && to === chunk.bytes.length ? chunk.bytes : chunk.bytes.subarray(from, to),
      );
    }
    return slices;
  }

  /** Frames from `from` on, as `LogStore.read` gives them; absent when `from` is not here. */
  read(from: LogIndex, maxBytes: number, upTo: LogIndex): FrameRun | undefined {
    if (from < this.#first || from >= this.#next || upTo < from) return undefined;
    const last = this.lastWithin(from, upTo, maxBytes);
    return {
      first: from,
      last: { index: last, term: headerTermAt(this.#headerOf(last), 0) },
      prevChain: from === this.#first ? this.#prevChain : this.#chainOf(from - 1),
      chunks: this.slices(from, last),
      byteLength: this.byteLength(from, last),
    };
  }

  #addBytes(firstIndex: number, start: number, bytes: Uint8Array): void {
    if (bytes.length >= COPY_BELOW_BYTES) {
      this.#chunks.push({ firstIndex, start, bytes });
      return;
    }
    if (this.#slabUsed + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    const slab = this.#slab;
    const used = this.#slabUsed;
    slab.set(bytes, used);
    this.#slabUsed += bytes.length;
    const last = this.#chunks.at(-1);
    if (last?.bytes.buffer === slab.buffer && last.bytes.byteOffset + last.bytes.length === used)
      last.bytes = new Uint8Array(
        slab.buffer,
        last.bytes.byteOffset,
        last.bytes.length + bytes.length,
      );
    else this.#chunks.push({ firstIndex, start, bytes: slab.subarray(used, used + bytes.length) });
  }

  #growStarts(): void {
    const grown = new Float64Array(this.#starts.length * 2);
    for (let index = this.#first; index < this.#next; index++)
      grown[index % grown.length] = this.#startOf(index);
    this.#starts = grown;
  }

  #startOf(index: number): number {
    return this.#starts[index % this.#starts.length] ?? 0;
  }

  #endOf(index: number): number {
    return index + 1 === this.#next ? this.#end : this.#startOf(index + 1);
  }

  #chainOf(index: number): number {
    return headerChainAt(this.#headerOf(index), 0);
  }

  #headerOf(index: number): DataView {
    const start = this.#startOf(index);
    const chunk = this.#chunks[this.#chunkAt(start)];
    assert(chunk !== undefined, "an entry that is held lies in a chunk");
    return viewOf(chunk.bytes.subarray(start - chunk.start));
  }

  /** Position in the list of the chunk that holds the byte at `start`. */
  #chunkAt(start: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#chunks[middle]?.start ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
