import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { decodeFrame, type Frame } from "../../common/frame.ts";
import type { FrameRun, RecordLocation } from "../types.ts";
import { damage } from "./damage.ts";
import type { DamageControl } from "./damage-control.ts";
import type { FilePool } from "./file-pool.ts";
import { readFooter } from "./footer-file.ts";
import type { OpenSegment } from "./open-segment.ts";
import type { RowKey } from "./page-bounds.ts";
import type { Row } from "./row.ts";
import type { RowPages } from "./row-pages.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import type { Segment, SegmentList } from "./segment-list.ts";
import { trimmedError } from "./trimmed-error.ts";

export interface LogReadsPorts {
  readonly segments: SegmentList;
  readonly rows: RowPages;
  readonly pool: FilePool;
  readonly damage: DamageControl;
  readonly pathOf: (stem: string) => string;
  /** One frame as a run, from memory or disk. */
  readonly frameAt: (index: LogIndex) => FrameRun | Promise<FrameRun>;
}

/** Finds entries by index, offset and time: rows in memory, or a page of rows from disk. */
export class LogReads {
  readonly #ports: LogReadsPorts;

  constructor(ports: LogReadsPorts) {
    this.#ports = ports;
  }

  locate(offset: Offset): Promise<RecordLocation> {
    return this.#ports.damage.lookUp(() => this.#locate(offset));
  }

  locateTime(timestamp: number): Promise<RecordLocation | undefined> {
    return this.#ports.damage.lookUp(() => this.#locateTime(timestamp));
  }

  async #locate(offset: Offset): Promise<RecordLocation> {
    const { segments } = this.#ports;
    if (offset < (segments.first?.baseOffset ?? 0)) throw trimmedError(segments);
    const segment = segments.holdingOffset(offset);
    assert(segment !== undefined, `offset ${offset} is asked of a log that does not hold it`);
    const index = await this.#floor(segment, "offset", offset);
    assert(index !== undefined, "a segment begins with its base offset");
    return this.#locationOf(segment, index);
  }

  async #locateTime(timestamp: number): Promise<RecordLocation | undefined> {
    const segment = this.#ports.segments.reaching(timestamp);
    if (segment === undefined || segment.lastIndex < segment.firstIndex) return undefined;
    const before = await this.#floor(segment, "timestamp", timestamp - 1);
    const index = before === undefined ? segment.firstIndex : ((before + 1) as LogIndex);
    return this.#locationOf(segment, index);
  }

  offsetAfter(index: LogIndex): Offset | Promise<Offset> {
    const { segments } = this.#ports;
    const { first } = segments;
    if (first === undefined || index < first.firstIndex) return first?.baseOffset ?? (0 as Offset);
    const segment = segments.holding(index);
    if (!segment.sealed) return segment.rows.offsetAfter(index);
    return this.#ports.damage.lookUp(async () => this.#offsetAfter(segment, index));
  }

  /**
   * Frames that are not `data`: footers and rows name them, so only they are read. Damaged ones
   * are left out, as `leftOut` is told.
   */
  async *nonDataFrames(
    from = 0 as LogIndex,
    leftOut?: (index: LogIndex) => void,
  ): AsyncGenerator<Frame, void, undefined> {
    for (const segment of [...this.#ports.segments.all]) {
      if (segment.lastIndex < from) continue;
      const indexes = segment.sealed ? await this.#listed(segment) : [...segment.nonData];
      for (const index of indexes) {
        if (index < from) continue;
        const frame = await this.#frame(index);
        if (frame !== undefined) yield frame;
        else leftOut?.(index);
      }
    }
  }

  /** Absent where the entry is damaged: it is told of when it has been repaired. */
  async #frame(index: LogIndex): Promise<Frame | undefined> {
    const run = await this.#run(index);
    if (run === undefined) return undefined;
    const { chunks, prevChain } = run;
    const frame = decodeFrame(Buffer.concat(chunks), 0, prevChain);
    assert(typeof frame !== "string", "a run was verified when it was read");
    return frame;
  }

  async #run(index: LogIndex): Promise<FrameRun | undefined> {
    try {
      return await this.#ports.frameAt(index);
    } catch (thrown) {
      if (thrown instanceof LogError) return undefined;
      throw thrown;
    }
  }

  async #listed(segment: SealedSegment): Promise<readonly LogIndex[]> {
    const { pool, pathOf, segments } = this.#ports;
    const file = pathOf(segment.stem);
    const reading = pool.use(file, (opened) => readFooter(opened, segment.fileBytes));
    const footer = await reading.catch((thrown: unknown) => {
      if (segments.holds(segment)) throw thrown;
    });
    if (!segments.holds(segment)) return [];
    if (footer === undefined || typeof footer === "string")
      throw damage({ file, byte: segment.frameBytes }, "the footer does not match its checksum");
    return footer.nonData.map(({ index }) => index);
  }

  #floor(segment: Segment, key: RowKey, target: number): Promise<LogIndex | undefined> {
    if (segment.sealed) return this.#ports.rows.floor(segment, key, target);
    return Promise.resolve(floorInMemory(segment, key, target));
  }

  async #row(segment: Segment, index: LogIndex): Promise<Row> {
    return segment.sealed ? this.#ports.rows.row(segment, index) : segment.rows.row(index);
  }

  #offsetAfter(segment: Segment, index: LogIndex): Offset | Promise<Offset> {
    if (!segment.sealed) return segment.rows.offsetAfter(index);
    if (index === segment.lastIndex) return segment.nextOffset;
    return this.#row(segment, index).then((row) => (row.offset + row.recordCount) as Offset);
  }

  async #locationOf(segment: Segment, index: LogIndex): Promise<RecordLocation> {
    const row = await this.#row(segment, index);
    const { offset, recordCount, term, timestamp, position, length } = row;
    return {
      index,
      baseOffset: offset,
      recordCount,
      term,
      timestamp,
      file: `${segment.stem}.log`,
      position,
      length,
    };
  }
}

/** The last entry whose `key` is at most `target`; absent when the first one's is greater. */
function floorInMemory(segment: OpenSegment, key: RowKey, target: number): LogIndex | undefined {
  const { rows, firstIndex } = segment;
  let low = 0;
  let high = rows.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[key]((firstIndex + middle) as LogIndex) <= target) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : ((firstIndex + low - 1) as LogIndex);
}
