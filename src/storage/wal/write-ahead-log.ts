import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { Frame } from "../../common/frame.ts";
import { FrameBlock } from "../../common/frame-block.ts";
import { MAX_TAIL_CACHE_BYTES } from "../../common/limits.ts";
import type { EntryId, LogTerms } from "../../raft/types.ts";
import type {
  FaultyEntry,
  FrameRun,
  LogListener,
  LogStore,
  LogTail,
  Possession,
  RecordLocation,
  SegmentStatus,
} from "../types.ts";
import type { FileSystem } from "../file-system.ts";
import type { LogStart } from "../snapshots/types.ts";
import { type DamageParts, damageParts } from "./damage-parts.ts";
import type { FilePool } from "./file-pool.ts";
import { assertFollows } from "./follows.ts";
import { LogFront } from "./log-front.ts";
import { LogHalt } from "./log-halt.ts";
import { LogReads } from "./log-reads.ts";
import { tailBehind } from "./log-tail.ts";
import { LogWriter } from "./log-writer.ts";
import { OpenSegment } from "./open-segment.ts";
import type { RecoveredLog } from "./recovered-log.ts";
import { RowWriter } from "./row-writer.ts";
import { Sealer } from "./sealer.ts";
import type { PrefixRecord, ResetRecord, SegmentDisk } from "./segment-disk.ts";
import type { SegmentList } from "./segment-list.ts";
import { segmentStem } from "./segment-name.ts";
import { TailCache } from "./tail-cache.ts";
import { tailOf } from "./tail-of.ts";
import { trimmedError } from "./trimmed-error.ts";
import type { TermRuns } from "./term-runs.ts";

export interface WriteAheadLogPorts {
  readonly recovered: RecoveredLog;
  readonly fileSystem: FileSystem;
  readonly disk: SegmentDisk;
  readonly pool: FilePool;
  readonly listener: LogListener;
  /** Whether an intact checkpoint of that entry is there: without it no prefix up to it goes. */
  readonly checkpointAt: (index: LogIndex) => boolean;
}

/**
 * The log in memory: numbers, rows, recent frames. What is asked of it takes effect here at once;
 * {@link LogWriter}, {@link RowWriter} and {@link Sealer} make it true on disk.
 */
export class WriteAheadLog implements LogStore {
  readonly #listener: LogListener;
  readonly #segments: SegmentList;
  readonly #terms: TermRuns;
  readonly #front: LogFront;
  readonly #pool: FilePool;
  readonly #cache: TailCache;
  readonly #writer: LogWriter;
  readonly #sealer: Sealer;
  readonly #parts: DamageParts;
  readonly #reads: LogReads;
  readonly #halt: LogHalt;
  #tail: LogTail;
  #durable: LogIndex;
  #committed = 0 as LogIndex;
  /** Grows with every cut: what was read meanwhile may be gone. */
  #generation = 0;

  constructor(ports: WriteAheadLogPorts) {
    const { recovered, disk, pool, listener, checkpointAt } = ports;
    const { segments, terms, start, tail } = recovered;
    this.#listener = listener;
    this.#segments = segments;
    this.#terms = terms;
    this.#tail = tail;
    this.#pool = pool;
    this.#durable = tail.last.index;
    const cache = new TailCache(tail.last.index, tail.chain, MAX_TAIL_CACHE_BYTES);
    this.#cache = cache;
    this.#halt = new LogHalt((failure) => listener.failed(failure));
    const failed = this.#halt.fail;
    const frameAt = (index: LogIndex) => this.read(index, 1, index);
    this.#parts = damageParts(ports, {
      cache,
      read: frameAt,
      idAt: (index) => terms.idAt(index),
      exclusively: (work) => this.#exclusively(work),
      repaired: (index) => this.#repaired(index),
      failed,
    });
    const { rows, faults, damage } = this.#parts;
    this.#writer = new LogWriter({
      cache,
      disk,
      rows: new RowWriter({
        knownCommit: () => this.#committed,
        persisted: (last) => this.#persisted(last),
        failed,
      }),
      written: (last) => cache.evict(last),
      rolled: (segment) => listener.segmentRolled(segment.status()),
      failed,
    });
    this.#sealer = new Sealer({
      segments,
      terms,
      read: (...asked) => damage.read(...asked),
      isWhole: ({ firstIndex, lastIndex }) => !faults.touches(firstIndex, lastIndex),
      settled: () => Math.min(this.#committed, this.#durable) as LogIndex,
      sealed: (segment) => listener.segmentSealed(segment.status()),
      failed,
    });
    this.#front = new LogFront({
      ...{ start, segments, terms, disk, checkpointAt },
      parts: this.#parts,
      sealer: this.#sealer,
      exclusively: (work) => this.#exclusively(work),
    });
    const pathOf = (stem: string): string => disk.logPath(stem);
    this.#reads = new LogReads({ segments, rows, pool, damage, pathOf, frameAt });
  }

  get tail(): LogTail {
    return this.#tail;
  }

  get durable(): LogIndex {
    return this.#durable;
  }

  get logStartOffset(): Offset {
    return this.#front.start.nextOffset;
  }

  terms(): LogTerms {
    return this.#terms.toLogTerms();
  }

  append(appended: FrameBlock | readonly Frame[]): void {
    const frames = appended instanceof FrameBlock ? appended : FrameBlock.of(appended);
    if (frames.count === 0 || this.#halt.stopped) return;
    assertFollows(this.#tail, frames);
    this.#cache.append(frames);
    let from = 0;
    for (let at = 0; at < frames.count; at++) {
      const index = frames.index(at);
      if (frames.segmentFirstIndex(at) !== index || this.#segments.isFirstOfEmpty(index)) continue;
      this.#appendRun(frames, from, at);
      from = at;
      this.#startSegment(frames, at);
    }
    this.#appendRun(frames, from, frames.count);
  }

  truncateSuffix(from: LogIndex): void {
    if (from > this.#tail.last.index || this.#halt.stopped) return;
    assert(from > this.#committed, "a committed entry is never truncated");
    const dropped: OpenSegment[] = [];
    while (this.#activeSegment.firstIndex >= from && this.#segments.all.length > 1) {
      dropped.push(this.#activeSegment);
      this.#segments.pop();
    }
    const kept = this.#activeSegment;
    kept.state = "active";
    kept.cut(from);
    this.#terms.cut(from);
    this.#tail = this.#tailNow();
    this.#cache.truncate(from, this.#tail.chain);
    this.#durable = Math.min(this.#durable, from - 1) as LogIndex;
    this.#generation++;
    this.#parts.damage.cut(from);
    this.#writer.cut({ from, dropped, kept, keptBytes: kept.rows.frameBytes });
  }

  get start(): LogStart {
    return this.#front.start;
  }

  async truncatePrefix(
    to: LogIndex,
    recorded: PrefixRecord = {},
  ): Promise<readonly SegmentStatus[]> {
    if (this.#halt.stopped) return [];
    const gone = this.#front.take(to, recorded);
    await this.#halt.guard(this.#front.carryOut(gone, recorded));
    return gone.map((segment) => segment.status());
  }

  reset(start: LogStart, recorded: ResetRecord = {}): Promise<void> {
    return this.#halt.unlessHalted(() => this.#reset(start, recorded));
  }

  replacePrefix(start: LogStart, taken: () => void, recorded?: ResetRecord): Promise<void> {
    // Nothing follows, so nothing has to stay.
    if (start.last.index === this.#tail.last.index)
      return this.#halt.unlessHalted(() => this.#reset(start, recorded, taken));
    return this.#halt.unlessHalted(() => this.#front.replace(start, taken, recorded));
  }

  #reset(start: LogStart, recorded: ResetRecord = {}, taken?: () => void): Promise<void> {
    this.#generation++;
    const all = this.#front.takeAll(start);
    this.#cache.restart(start.last.index, start.chain);
    this.#tail = tailBehind(start);
    this.#durable = start.last.index;
    taken?.();
    return this.#writer.restart(() => this.#front.carryOutReset(all, start, recorded));
  }

  read(from: LogIndex, maxBytes: number, upTo: LogIndex): FrameRun | Promise<FrameRun> {
    if (from <= this.#front.start.last.index) return Promise.reject(trimmedError(this.#segments));
    const last = Math.min(upTo, this.#tail.last.index) as LogIndex;
    if (last < from) return this.#emptyRun(from);
    return this.#cache.read(from, maxBytes, last) ?? this.#readDisk(from, maxBytes, last);
  }

  locate(offset: Offset): Promise<RecordLocation> {
    return this.#halt.guard(this.#reads.locate(offset));
  }

  locateTime(timestamp: number): Promise<RecordLocation | undefined> {
    return this.#halt.guard(this.#reads.locateTime(timestamp));
  }

  offsetAfter(index: LogIndex): Offset | Promise<Offset> {
    if (index >= this.#tail.last.index) return this.#tail.nextOffset;
    const offset = this.#reads.offsetAfter(index);
    return typeof offset === "number" ? offset : this.#halt.guard(offset);
  }

  chainAt(index: LogIndex): number | undefined {
    const cached = this.#cache.chainAt(index);
    if (cached !== undefined || index > this.#tail.last.index) return cached;
    const { last, chain } = this.#front.start;
    if (index <= last.index) return index === last.index ? chain : undefined;
    const segment = this.#segments.holding(index);
    if (!segment.sealed) return segment.rows.chain(index);
    return index === segment.lastIndex ? segment.lastChain : undefined;
  }

  nonDataFrames(...asked: Parameters<LogStore["nonDataFrames"]>): AsyncIterable<Frame> {
    return this.#reads.nonDataFrames(...asked);
  }

  get faulty(): readonly FaultyEntry[] {
    return this.#parts.faults.all;
  }

  possession(entry: EntryId & { readonly chain: number }): Promise<Possession> {
    return this.#halt.guard(this.#parts.damage.possession(entry));
  }

  async repair(frame: Uint8Array): Promise<void> {
    if (!this.#halt.stopped) await this.#halt.guard(this.#parts.damage.repair(frame));
  }

  async takeDeflated(...asked: Parameters<LogStore["takeDeflated"]>): Promise<boolean> {
    return !this.#halt.stopped && this.#halt.guard(this.#parts.sealedRepair.takeDeflated(...asked));
  }

  async scrub(maxBytes: number): Promise<{ readonly bytes: number; readonly roundEnded: boolean }> {
    if (this.#halt.stopped) return { bytes: 0, roundEnded: true };
    return this.#halt.guard(this.#parts.scrubber.scrub(maxBytes));
  }

  committed(index: LogIndex): void {
    if (index <= this.#committed || this.#halt.stopped) return;
    this.#committed = index;
    this.#sealer.consider();
  }

  segments(): readonly SegmentStatus[] {
    return this.#segments.all.map((segment) => segment.status());
  }

  async close(): Promise<void> {
    if (!this.#halt.close()) return;
    if (!this.#halt.failed) await this.#halt.orHalted(this.#writer.idle());
    await this.#sealer.stop();
    await this.#parts.sealedRepair.idle();
    await this.#parts.scrubber.idle();
    if (this.#halt.failed) return;
    for (const segment of this.#segments.all) {
      if (segment.sealed) continue;
      await segment.files?.log.close();
      await segment.files?.index.close();
    }
    await this.#pool.close();
  }

  get #activeSegment(): OpenSegment {
    const { active } = this.#segments;
    assert(active !== undefined, "an entry lies in a segment");
    return active;
  }

  /** Frames from..to-1 of `frames`, all of the active segment. */
  #appendRun(frames: FrameBlock, from: number, to: number): void {
    if (to === from) return;
    this.#activeSegment.appendBlock(frames, from, to);
    for (let at = from; at < to; at++) this.#terms.append(frames.term(at), 1);
    this.#tail = this.#tailNow();
    this.#writer.append(this.#activeSegment, frames.index(from), frames.index(to - 1));
  }

  #startSegment(frames: FrameBlock, at: number): void {
    const previous = this.#segments.active;
    if (previous !== undefined) previous.state = "closed";
    const firstIndex = frames.index(at);
    const ref = { baseOffset: frames.baseOffset(at), firstIndex };
    const prevTerm = this.#terms.termAt((firstIndex - 1) as LogIndex);
    const prevChain = previous?.lastChain ?? this.#front.start.chain;
    const stem = segmentStem(ref, previous?.ref);
    this.#segments.push(new OpenSegment(stem, { ...ref, prevTerm, prevChain }));
  }

  #tailNow(): LogTail {
    const segment = this.#activeSegment;
    return segment.rows.count === 0 ? tailBehind(this.#front.start) : tailOf(segment);
  }

  #emptyRun(from: LogIndex): FrameRun {
    const index = Math.min(from - 1, this.#tail.last.index) as LogIndex;
    const last = { index, term: this.#terms.termAt(index) };
    return { first: from, last, prevChain: this.chainAt(index) ?? 0, chunks: [], byteLength: 0 };
  }

  async #readDisk(from: LogIndex, maxBytes: number, upTo: LogIndex): Promise<FrameRun> {
    const generation = this.#generation;
    const last = Math.min(upTo, this.#cache.firstIndex - 1) as LogIndex;
    const reading = this.#parts.damage.read(this.#segments.holding(from), from, maxBytes, last);
    try {
      const run = await reading;
      if (generation === this.#generation) return run;
    } catch (thrown) {
      const cut = generation !== this.#generation;
      if (!cut && !(thrown instanceof LogError)) this.#halt.fail(thrown);
      if (!cut || this.#halt.stopped) throw thrown;
    }
    // A suffix was cut meanwhile: what was read may have been part of it.
    return this.read(from, maxBytes, upTo);
  }

  /** Between appends and cuts, and while no footer is being written. */
  #exclusively(work: () => Promise<void>): void {
    this.#writer.run(async () => {
      await this.#sealer.idle();
      await work();
    });
  }

  #repaired(index: LogIndex): void {
    // The last entry may be the one that asks for the next segment.
    if (index === this.#tail.last.index) this.#tail = this.#tailNow();
    this.#sealer.consider();
  }

  #persisted(last: LogIndex): void {
    if (this.#halt.failed) return;
    this.#durable = last;
    this.#listener.persisted({ index: last, term: this.#terms.termAt(last) });
    this.#sealer.consider();
  }
}
