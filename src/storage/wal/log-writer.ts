import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import { deferred } from "../../common/deferred.ts";
import { MAX_GROUP_BYTES } from "../../common/limits.ts";
import { type Group, isEmptyGroup, shrinkGroup } from "./group.ts";
import type { OpenSegment, SegmentFiles } from "./open-segment.ts";
import { rowPosition } from "./row.ts";
import type { RowWriter } from "./row-writer.ts";
import type { SegmentDisk } from "./segment-disk.ts";
import type { TailCache } from "./tail-cache.ts";

/** The disk's side of a truncateSuffix, as decided when it was called. */
export interface SuffixCut {
  readonly from: LogIndex;
  /** Segments that begin at or after `from`, newest first. */
  readonly dropped: readonly OpenSegment[];
  /** The segment that is the last one then, and the bytes of frames it keeps. */
  readonly kept: OpenSegment;
  readonly keptBytes: number;
}

type Work =
  | { readonly type: "append"; readonly group: Group }
  | { readonly type: "cut"; readonly cut: SuffixCut }
  | { readonly type: "other"; readonly run: () => Promise<void> };

export interface LogWriterPorts {
  readonly cache: TailCache;
  readonly disk: SegmentDisk;
  readonly rows: RowWriter;
  /** The frames up to `last` are in the file (not yet synced). */
  readonly written: (last: LogIndex) => void;
  /** `segment` exists on disk and is the one that is written now. */
  readonly rolled: (segment: OpenSegment) => void;
  readonly failed: (thrown: unknown) => void;
}

/**
 * First half of a group commit: carries out appends and cuts in the order of the calls. While one
 * group is written and synced, the entries that arrive gather in the next.
 */
export class LogWriter {
  readonly #ports: LogWriterPorts;
  readonly #work: Work[] = [];
  #current: Group | undefined;
  #run: Promise<void> | undefined;

  constructor(ports: LogWriterPorts) {
    this.#ports = ports;
  }

  /** Frames first..last are in the cache, and their rows in `segment`. */
  append(segment: OpenSegment, first: LogIndex, last: LogIndex): void {
    const newest = this.#work.at(-1);
    if (newest?.type === "append" && newest.group.segment === segment) newest.group.last = last;
    else this.#work.push({ type: "append", group: { segment, first, last } });
    this.#run ??= this.#drain();
  }

  cut(cut: SuffixCut): void {
    if (this.#current !== undefined) shrinkGroup(this.#current, cut.from);
    for (const work of this.#work) if (work.type === "append") shrinkGroup(work.group, cut.from);
    this.#ports.rows.truncate(cut.from);
    this.#work.push({ type: "cut", cut });
    this.#run ??= this.#drain();
  }

  /** Nothing that waits is written any more; `work` comes after what cannot be called back. */
  restart(work: () => Promise<void>): Promise<void> {
    const from = 0 as LogIndex;
    if (this.#current !== undefined) shrinkGroup(this.#current, from);
    for (const waiting of this.#work)
      if (waiting.type === "append") shrinkGroup(waiting.group, from);
    this.#ports.rows.truncate(from);
    const done = deferred<void>();
    this.run(async () => {
      await this.#ports.rows.idle();
      await work();
      done.resolve();
    });
    return done.promise;
  }

  /** Other work on the files that it writes, in its turn. */
  run(work: () => Promise<void>): void {
    this.#work.push({ type: "other", run: work });
    this.#run ??= this.#drain();
  }

  /** Resolves when all work given so far is on disk. */
  async idle(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
    await this.#ports.rows.idle();
  }

  async #drain(): Promise<void> {
    try {
      for (let work = this.#work[0]; work !== undefined; work = this.#work[0]) {
        if (work.type === "append") await this.#writeGroup(this.#takeGroup(work.group));
        else {
          this.#work.shift();
          await (work.type === "cut" ? this.#carryOutCut(work.cut) : work.run());
        }
      }
      this.#run = undefined;
    } catch (thrown) {
      // The run stays: nothing may be written after a failure.
      this.#ports.failed(thrown);
      await new Promise<never>(() => undefined);
    }
  }

  /** Takes from the waiting entries what one group may hold. */
  #takeGroup(waiting: Group): Group {
    const { segment, first } = waiting;
    this.#work.shift();
    if (isEmptyGroup(waiting)) return waiting;
    const last = this.#ports.cache.lastWithin(first, waiting.last, MAX_GROUP_BYTES);
    if (last === waiting.last) return waiting;
    const rest = { segment, first: (last + 1) as LogIndex, last: waiting.last };
    this.#work.unshift({ type: "append", group: rest });
    return { segment, first, last };
  }

  async #writeGroup(group: Group): Promise<void> {
    this.#current = group;
    const { segment } = group;
    if (!isEmptyGroup(group)) segment.files ??= await this.#roll(segment);
    if (!isEmptyGroup(group)) await this.#writeFrames(group, segment.files);
    this.#current = undefined;
  }

  async #writeFrames(group: Group, files: SegmentFiles | undefined): Promise<void> {
    const { cache, rows, written } = this.#ports;
    const { segment, first } = group;
    assert(files !== undefined, "frames are written into a segment that exists");
    const position = segment.rows.position(first);
    const chunks = cache.slices(first, group.last);
    segment.diskBytes = position + cache.byteLength(first, group.last);
    await files.log.write(chunks, position);
    const synced = files.log.sync();
    // The processor has nothing else to do while the disk syncs.
    if (segment.digest?.length === position)
      for (const chunk of chunks) segment.digest.update(chunk);
    await synced;
    if (isEmptyGroup(group)) return;
    written(group.last);
    rows.add(group);
  }

  /** The old segment is complete and synced, frames and rows, before the next one exists. */
  async #roll(segment: OpenSegment): Promise<SegmentFiles> {
    await this.#ports.rows.idle();
    const files = await this.#ports.disk.create(segment.stem, segment.start);
    segment.files = files;
    this.#ports.rolled(segment);
    return files;
  }

  async #carryOutCut({ from, dropped, kept, keptBytes }: SuffixCut): Promise<void> {
    const { disk, rows } = this.#ports;
    await rows.idle();
    for (const [at, segment] of dropped.entries()) {
      if (segment.files === undefined) continue;
      const previous = dropped[at + 1] ?? kept;
      await disk.drop(segment.stem, segment.files, previous.ref);
      segment.files = undefined;
    }
    if (kept.files === undefined || kept.diskBytes <= keptBytes) return;
    if (kept.digest !== undefined && kept.digest.length > keptBytes) kept.digest = undefined;
    await disk.cut(kept.files, rowPosition(kept.start, from), keptBytes);
    kept.diskBytes = keptBytes;
  }
}
