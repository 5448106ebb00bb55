import type { LogIndex, Offset } from "../../common/brand.ts";
import type { SegmentStatus } from "../types.ts";
import type { Footer } from "./footer.ts";
import { rowSeed, type SegmentStart } from "./index-header.ts";

/** What stays in memory of a sealed segment: some numbers, whatever its size. */
export class SealedSegment {
  readonly sealed = true;
  readonly stem: string;
  readonly start: SegmentStart;
  /** Seed of the checksums in its `.index` file. */
  readonly rowSeed: number;
  readonly lastIndex: LogIndex;
  readonly nextOffset: Offset;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  readonly lastChain: number;
  readonly frameBytes: number;
  /** Of the whole file, footer included. */
  readonly fileBytes: number;
  /** What the file takes on this disk while it is compressed. */
  storedBytes: number | undefined;
  #status: SegmentStatus | undefined;

  constructor(stem: string, footer: Footer, fileBytes: number, storedBytes?: number) {
    const { baseOffset, firstIndex, prevTerm, prevChain } = footer;
    this.stem = stem;
    this.start = { baseOffset, firstIndex, prevTerm, prevChain };
    this.rowSeed = rowSeed(this.start);
    this.lastIndex = footer.lastIndex;
    this.nextOffset = footer.nextOffset;
    this.firstTimestamp = footer.firstTimestamp;
    this.lastTimestamp = footer.lastTimestamp;
    this.lastChain = footer.lastChain;
    this.frameBytes = footer.frameBytes;
    this.fileBytes = fileBytes;
    this.storedBytes = storedBytes;
  }

  get firstIndex(): LogIndex {
    return this.start.firstIndex;
  }

  get baseOffset(): Offset {
    return this.start.baseOffset;
  }

  /** Asked for often, of every segment, and the same until it is compressed or inflated. */
  status(): SegmentStatus {
    if (this.#status === undefined || this.#status.storedBytes !== this.storedBytes)
      this.#status = this.#look();
    return this.#status;
  }

  #look(): SegmentStatus {
    return {
      file: `${this.stem}.log`,
      state: "sealed",
      baseOffset: this.baseOffset,
      nextOffset: this.nextOffset,
      firstIndex: this.firstIndex,
      lastIndex: this.lastIndex,
      bytes: this.fileBytes,
      firstTimestamp: this.firstTimestamp,
      lastTimestamp: this.lastTimestamp,
      ...(this.storedBytes === undefined ? {} : { storedBytes: this.storedBytes }),
    };
  }
}
