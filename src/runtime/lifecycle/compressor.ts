import type { LogIndex } from "../../common/brand.ts";
import type { CompressionResult } from "../../storage/compression/compress-file.ts";
import type { CompactionWorkers } from "../../storage/compaction/index.ts";
import { join } from "../../storage/layout.ts";
import type { LogStore, SegmentStatus } from "../../storage/types.ts";
import type { Tracer } from "../tracer.ts";

export interface CompressorParts {
  readonly log: Pick<LogStore, "segments" | "faulty" | "takeDeflated">;
  readonly workers: Pick<CompactionWorkers, "compress">;
  /** `<data>/log`. */
  readonly logDirectory: string;
  /** Files at once. */
  readonly threads: number;
  readonly blockBytes: number;
  readonly keepFreeBytes: number;
  /** Read and written by all of them together; 0: as fast as it goes. */
  readonly bytesPerSecond: number;
}

/** What of the log is about to go, or to be rewritten, and not worth the work. */
export interface Leaving {
  /** Segments up to it. */
  readonly upTo: LogIndex;
  /** Compactions take all segments sooner or later. */
  readonly all: boolean;
}

/**
 * Compresses this node's cold files, a few at a time: sealed segments but the newest, whose footer
 * a start writes again.
 */
export class Compressor {
  readonly #parts: CompressorParts;
  /** Files that get no smaller, or were met damaged: not again before the next start. */
  readonly #refused = new Set<string>();

  constructor(parts: CompressorParts) {
    this.#parts = parts;
  }

  /**
   * Compresses the oldest files, as many as there are threads.
   * @returns whether there may be more to do now.
   * @throws LogError ABORTED | CLOSED; FatalError("io")
   */
  async run(leaving: Leaving, tracer: Tracer, signal: AbortSignal): Promise<boolean> {
    const cold = this.#cold(leaving).slice(0, this.#parts.threads);
    const bytesPerSecond = Math.ceil(this.#parts.bytesPerSecond / Math.max(1, cold.length));
    const compress = (one: SegmentStatus) => this.#compress(one, bytesPerSecond, tracer, signal);
    // None may be at work any more when this ends, however it ends.
    const ended = await Promise.allSettled(cold.map(compress));
    let room = true;
    for (const one of ended) {
      if (one.status === "rejected") throw one.reason;
      room &&= one.value !== "noRoom";
    }
    return room && cold.length > 0;
  }

  #cold({ upTo, all }: Leaving): readonly SegmentStatus[] {
    const { log } = this.#parts;
    if (all) return [];
    const { faulty } = log;
    const sealed = log.segments().filter(({ state }) => state === "sealed");
    return sealed
      .slice(0, -1)
      .filter(
        ({ file, storedBytes, firstIndex, lastIndex }) =>
          storedBytes === undefined &&
          lastIndex > upTo &&
          !this.#refused.has(file) &&
          !faulty.some(({ index }) => index >= firstIndex && index <= lastIndex),
      );
  }

  async #compress(
    { file, bytes }: SegmentStatus,
    bytesPerSecond: number,
    tracer: Tracer,
    signal: AbortSignal,
  ): Promise<CompressionResult["kind"]> {
    const { log, workers, logDirectory, blockBytes, keepFreeBytes } = this.#parts;
    const path = join(logDirectory, file);
    const task = { path, blockBytes, keepFreeBytes, bytesPerSecond };
    const result = await workers.compress(task, signal);
    if (result.kind === "done") {
      const { storedBytes } = result;
      if (await log.takeDeflated(file, storedBytes))
        tracer.tell("segment.compressed", { file, bytes, storedBytes });
    } else if (result.kind !== "noRoom") this.#refused.add(file);
    if (result.kind === "damaged")
      tracer.tell("upkeep.delayed", { reason: `${file} is not what its footer says` });
    return result.kind;
  }
}
