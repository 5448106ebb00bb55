import type { LogIndex } from "../../common/brand.ts";
import type { CompressionResult } from "../../storage/compression/compress-file.ts";
import type { CompactedPrefix, CompactionWorkers } from "../../storage/compaction/index.ts";
import { join } from "../../storage/layout.ts";
import type { LogStore, SegmentStatus } from "../../storage/types.ts";
import type { Tracer } from "../tracer.ts";

export interface CompressorParts {
  readonly log: Pick<LogStore, "segments" | "faulty" | "takeDeflated">;
  readonly compacted: Pick<CompactedPrefix, "manifest" | "segments" | "damage" | "takeDeflated">;
  readonly workers: Pick<CompactionWorkers, "compress">;
  /** `<data>/log`. */
  readonly logDirectory: string;
  /** `<data>/snapshots`. */
  readonly snapshotDirectory: string;
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

/** A file that is worth the work, and how what was made of it takes its place. */
interface Cold {
  readonly directory: string;
  readonly file: string;
  readonly bytes: number;
  readonly take: (storedBytes: number) => Promise<boolean>;
}

/**
 * Compresses this node's cold files, a few at a time: compacted ones, and sealed segments but the
 * newest, whose footer a start writes again.
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
    const cold = [...this.#coldFiles(), ...this.#coldSegments(leaving)];
    const chosen = cold.filter(({ file }) => !this.#refused.has(file));
    chosen.splice(this.#parts.threads);
    const bytesPerSecond = Math.ceil(this.#parts.bytesPerSecond / Math.max(1, chosen.length));
    const compress = (one: Cold) => this.#compress(one, bytesPerSecond, tracer, signal);
    // None may be at work any more when this ends, however it ends.
    const ended = await Promise.allSettled(chosen.map(compress));
    let room = true;
    for (const one of ended) {
      if (one.status === "rejected") throw one.reason;
      room &&= one.value !== "noRoom";
    }
    return room && chosen.length > 0;
  }

  #coldFiles(): readonly Cold[] {
    const { compacted, snapshotDirectory: directory } = this.#parts;
    const damaged = new Set(compacted.damage.map(({ file }) => file));
    const plain = compacted.segments().filter(({ storedBytes }) => storedBytes === undefined);
    const names = new Set(plain.map(({ file }) => file).filter((file) => !damaged.has(file)));
    return (compacted.manifest?.files ?? [])
      .filter(({ name }) => names.has(name))
      .map((file) => ({
        ...{ directory, file: file.name, bytes: file.bytes },
        take: (storedBytes) => compacted.takeDeflated(file, storedBytes),
      }));
  }

  #coldSegments({ upTo, all }: Leaving): readonly Cold[] {
    const { log, logDirectory: directory } = this.#parts;
    if (all) return [];
    const { faulty } = log;
    const isWhole = ({ firstIndex, lastIndex }: SegmentStatus) =>
      !faulty.some(({ index }) => index >= firstIndex && index <= lastIndex);
    return log
      .segments()
      .filter(({ state }) => state === "sealed")
      .slice(0, -1)
      .filter((one) => one.storedBytes === undefined && one.lastIndex > upTo && isWhole(one))
      .map(({ file, bytes }) => ({
        ...{ directory, file, bytes },
        take: (storedBytes) => log.takeDeflated(file, storedBytes),
      }));
  }

  async #compress(
    { directory, file, bytes, take }: Cold,
    bytesPerSecond: number,
    tracer: Tracer,
    signal: AbortSignal,
  ): Promise<CompressionResult["kind"]> {
    const { workers, blockBytes, keepFreeBytes } = this.#parts;
    const path = join(directory, file);
    const task = { path, blockBytes, keepFreeBytes, bytesPerSecond };
    const result = await workers.compress(task, signal);
    if (result.kind === "done") {
      const { storedBytes } = result;
      if (await take(storedBytes)) tracer.tell("segment.compressed", { file, bytes, storedBytes });
    } else if (result.kind !== "noRoom") this.#refused.add(file);
    if (result.kind === "damaged")
      tracer.tell("upkeep.delayed", { reason: `${file} is not what its footer says` });
    return result.kind;
  }
}
