import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { FrameRun } from "../types.ts";
import { encodeFooter, type Footer } from "./footer.ts";
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
  /** Verified frames of a segment. @throws LogError CORRUPT when the first one is damaged. */
  readonly read: (
    segment: OpenSegment,
    from: LogIndex,
    maxBytes: number,
    upTo: LogIndex,
  ) => Promise<FrameRun>;
  /** Whether none of its entries is known to be damaged. */
  readonly isWhole: (segment: OpenSegment) => boolean;
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

  /** Resolves when no footer is being written. */
  async idle(): Promise<void> {
    await this.#run;
  }

  /** Finishes the footer that is being written and writes no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#run;
  }

  #next(): { readonly segment: OpenSegment; readonly files: SegmentFiles } | undefined {
    if (this.#stopped) return undefined;
    const { segments, settled, isWhole } = this.#ports;
    for (const { segment, next } of segments.unsealed()) {
      const { files } = segment;
      if (files === undefined || next === undefined || next.firstIndex > settled())
        return undefined;
      if (isWhole(segment)) return { segment, files };
      // One whose footer was lost waits for its entries, and keeps nobody else waiting.
      if (!next.sealed) return undefined;
    }
    return undefined;
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
    // Damage was met: it is sealed once it is whole again.
    if (digest === undefined || !this.#ports.isWhole(segment)) return;
    const footer = this.#footerOf(segment, digest);
    const bytes = encodeFooter(footer);
    await files.log.write([bytes], footer.frameBytes);
    await files.log.sync();
    // It may have left the log meanwhile; who took it away closes its files.
    if (!this.#ports.segments.holds(segment)) return;
    const sealed = new SealedSegment(segment.stem, footer, footer.frameBytes + bytes.length);
    this.#ports.segments.replace(segment, sealed);
    await files.log.close();
    await files.index.close();
    this.#ports.sealed(sealed);
  }

  /** After a cut the digest is made anew from the verified file, so that nothing else waits. */
  async #digestOf(segment: OpenSegment): Promise<SegmentDigest | undefined> {
    const digest = new SegmentDigest();
    for (let index = segment.firstIndex; index <= segment.lastIndex; ) {
      const run = await this.#read(segment, index);
      if (run === undefined) return undefined;
      for (const chunk of run.chunks) digest.update(chunk);
      index = (run.last.index + 1) as LogIndex;
    }
    return digest;
  }

  async #read(segment: OpenSegment, index: LogIndex): Promise<FrameRun | undefined> {
    try {
      return await this.#ports.read(segment, index, PIECE_BYTES, segment.lastIndex);
    } catch (thrown) {
      if (thrown instanceof LogError) return undefined;
      throw thrown;
    }
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
