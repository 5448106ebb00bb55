import type { LogIndex } from "../../common/brand.ts";
import type { Frame } from "../../common/frame.ts";
import { removeDeflated } from "../compression/compress-file.ts";
import type { FileSystem } from "../file-system.ts";
import type { FaultyEntry, SegmentStatus } from "../types.ts";
import { rebuildIndex } from "./index-rebuild.ts";
import { RowDamage } from "./met-damage.ts";
import type { RowPages } from "./row-pages.ts";
import { rebuildSealed } from "./sealed-rebuild.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import type { SegmentDisk } from "./segment-disk.ts";

export interface SealedRepairPorts {
  readonly fileSystem: FileSystem;
  readonly disk: SegmentDisk;
  readonly rows: RowPages;
  /** Whether the segment is still one of the log's. */
  readonly held: (segment: SealedSegment) => boolean;
  /** The log's sealed segment of that name. */
  readonly sealed: (stem: string) => SealedSegment | undefined;
  readonly rebuilt: (segment: SegmentStatus, what: string) => void;
}

/** Entries that are intact again, and entries found to be damaged on the way. */
type Mended = (indexes: readonly LogIndex[], faulty: readonly FaultyEntry[]) => void;

/** Writes files of sealed segments anew, one at a time. */
export class SealedRepair {
  readonly #ports: SealedRepairPorts;
  /** Frames that wait for the next time that a segment's file is written, by its stem. */
  readonly #patches = new Map<string, Map<LogIndex, Frame>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: SealedRepairPorts) {
    this.#ports = ports;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  /** Runs `work`, which takes files away, while none is being written anew. */
  exclusively(work: () => Promise<void>): Promise<void> {
    return this.#inTurn(work);
  }

  /** The segment has left the log: what waits for it is in vain. */
  drop(segment: SealedSegment): void {
    this.#patches.delete(segment.stem);
  }

  /**
   * Makes the rows of a segment again, unless that was done since they were met damaged.
   * @returns entries whose frames were found to be damaged.
   */
  rows(met: RowDamage): Promise<readonly FaultyEntry[]> {
    return this.#inTurn(() => this.#rebuildRows(met));
  }

  /**
   * Puts a frame back. Frames that come while a file is being written share the next time.
   * `where`: the segment it belongs to; absent when it needs no repair any more.
   */
  frame(where: () => SealedSegment | undefined, frame: Frame, mended: Mended): Promise<void> {
    const first = where();
    if (first === undefined) return Promise.resolve();
    const waiting = this.#patches.get(first.stem) ?? new Map<LogIndex, Frame>();
    waiting.set(frame.header.index, frame);
    this.#patches.set(first.stem, waiting);
    return this.#inTurn(async () => {
      const segment = where();
      if (segment !== undefined) await this.#rewrite(segment, mended);
    });
  }

  /**
   * Writes the file anew without new frames: `why` not the footer, then the footer is damaged, or
   * that is to be found out.
   */
  footer(segment: SealedSegment, mended: Mended, why = "footer made again"): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#ports.held(segment)) await this.#rewrite(segment, mended, why);
    });
  }

  /** As `LogStore.takeDeflated`: the bytes are the same, so it matters not what came before. */
  takeDeflated(file: string, storedBytes: number): Promise<boolean> {
    const { fileSystem, disk, sealed } = this.#ports;
    return this.#inTurn(async () => {
      const stem = file.slice(0, -".log".length);
      const segment = sealed(stem);
      if (segment === undefined) await removeDeflated(fileSystem, disk.logPath(stem));
      else {
        await disk.takeDeflated(disk.logPath(stem));
        segment.storedBytes = storedBytes;
      }
      return segment !== undefined;
    });
  }

  async #rewrite(segment: SealedSegment, mended: Mended, why = "footer made again"): Promise<void> {
    const { fileSystem, disk, rows, rebuilt } = this.#ports;
    const patches = this.#patches.get(segment.stem) ?? new Map<LogIndex, Frame>();
    this.#patches.delete(segment.stem);
    const rowOf = (index: LogIndex) => rows.row(segment, index);
    const write = () => rebuildSealed({ fileSystem, disk, segment, rowOf, patches });
    const { faulty, whole } = await write().catch(async (thrown: unknown) => {
      if (!(thrown instanceof RowDamage)) throw thrown;
      await this.#rebuildRows(thrown);
      return write();
    });
    const left = new Set(faulty.map(({ index }) => index));
    const fixed = [...patches.keys()].filter((index) => !left.has(index));
    mended(fixed, faulty);
    segment.storedBytes = undefined;
    const what = fixed.length === 0 ? why : `entries ${fixed.join(", ")} put back`;
    rebuilt(segment.status(), whole ? `${what}; equal to the footer's SHA-256` : what);
  }

  async #rebuildRows({ segment, version }: RowDamage): Promise<readonly FaultyEntry[]> {
    const { fileSystem, disk, rows, held, rebuilt } = this.#ports;
    if (!held(segment) || rows.version(segment) !== version) return [];
    const faulty = await rebuildIndex({ fileSystem, disk, segment });
    rows.forget(segment);
    rebuilt(segment.status(), "rows made again from the frames");
    return faulty;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    turn.catch(() => undefined);
    return turn;
  }
}
