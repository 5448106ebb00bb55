import type { LogIndex } from "../../common/brand.ts";
import { encodeFooter, type Footer } from "./footer.ts";
import type { FrameReader } from "./frame-reader.ts";
import type { OpenSegment, SegmentFiles } from "./open-segment.ts";
import { SealedSegment } from "./sealed-segment.ts";
import { SegmentDigest } from "./segment-digest.ts";
import type { SegmentList } from "./segment-list.ts";
import type { TermRuns } from "./term-runs.ts";

/** Read at once where a digest must be made anew. */
const PIECE_BYTES = 1 << 20;

export interface SealerPorts {
  readonly segments: SegmentList;
  readonly terms: TermRuns;
  readonly reader: FrameReader;
  /** An entry is settled when it is committed and durable here. */
  readonly settled: () => LogIndex;
  readonly sealed: (segment: SealedSegment) => void;
  readonly failed: (thrown: unknown) => void;
}

/**
 * Makes closed segments immutable, oldest first, once the first entry of the next one is committed
 * (so that no suffix cut ever meets a footer) and durable here (so that a footer always has a
 * segment with entries after it).
 */
export class Sealer {
  readonly #ports: SealerPorts;
  #run: Promise<void> | undefined;
  #stopped = false;

  constructor(ports: SealerPorts) {
    this.#ports = ports;
  }

  /** Something was committed or became durable: seals what can be sealed now. */
  consider(): void {
    if (this.#run === undefined && this.#next() !== undefined) this.#run = this.#drain();
  }

  /** Finishes the footer that is being written and writes no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#run;
  }

  #next(): { readonly segment: OpenSegment; readonly files: SegmentFiles } | undefined {
    const oldest = this.#ports.segments.oldestOpen();
    if (this.#stopped || oldest?.next === undefined) return undefined;
    const { segment, next } = oldest;
    if (segment.files === undefined || next.firstIndex > this.#ports.settled()) return undefined;
    return { segment, files: segment.files };
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next())
        await this.#seal(next.segment, next.files);
      this.#run = undefined;
    } catch (thrown) {
      // The run stays: nothing is sealed after a failure.
      this.#ports.failed(thrown);
    }
  }

  async #seal(segment: OpenSegment, files: SegmentFiles): Promise<void> {
    const digest = segment.digest ?? (await this.#digestOf(segment));
    const footer = this.#footerOf(segment, digest);
    const bytes = encodeFooter(footer);
    await files.log.write([bytes], footer.frameBytes);
    await files.log.sync();
    const sealed = new SealedSegment(segment.stem, footer, footer.frameBytes + bytes.length);
    this.#ports.segments.replace(segment, sealed);
    await files.log.close();
    await files.index.close();
    this.#ports.sealed(sealed);
  }

  /** After a cut the digest is made anew from the verified file, so that nothing else waits. */
  async #digestOf(segment: OpenSegment): Promise<SegmentDigest> {
    const digest = new SegmentDigest();
    for (let index = segment.firstIndex; index <= segment.lastIndex; ) {
      const run = await this.#ports.reader.read(segment, index, PIECE_BYTES, segment.lastIndex);
      for (const chunk of run.chunks) digest.update(chunk);
      index = (run.last.index + 1) as LogIndex;
    }
    return digest;
  }

  #footerOf(segment: OpenSegment, digest: SegmentDigest): Footer {
    const { start, rows, firstIndex, lastIndex } = segment;
    return {
      ...start,
      nextOffset: rows.nextOffset,
      lastIndex,
      firstTerm: rows.term(firstIndex),
      lastTerm: rows.term(lastIndex),
      firstTimestamp: segment.firstTimestamp,
      lastTimestamp: segment.lastTimestamp,
      lastChain: segment.lastChain,
      frameBytes: rows.frameBytes,
      runs: this.#ports.terms.between(firstIndex, lastIndex),
      nonData: segment.nonData.map((index) => ({ index, position: rows.position(index) })),
      ...digest.finish(),
    };
  }
}
