import type { LogIndex } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import type { FilePool } from "./file-pool.ts";
import { ROW_BYTES } from "./index-header.ts";
import { RowDamage } from "./met-damage.ts";
import { BoundsCache, PageBounds, type RowKey } from "./page-bounds.ts";
import * as rows from "./row.ts";
import type { SealedSegment } from "./sealed-segment.ts";

/** Rows read at once: 32 KiB, so a lookup in a long segment costs a read or two. */
const PAGE_ROWS = 680;
/** Pages kept: 2 MiB, whatever the size of the log. */
const MAX_PAGES = 64;

/**
 * Rows read at once when a segment is surveyed: 36 MiB, which is all of a segment of 64 MiB, be its
 * entries as small as they can be.
 */
const SURVEY_PAGES = Math.floor((36 * 2 ** 20) / (PAGE_ROWS * ROW_BYTES));

/** Rows of a sealed segment as read from its `.index` file: one page, or several in a row. */
interface Page {
  readonly segment: SealedSegment;
  /** Of the first page. */
  readonly number: number;
  readonly view: DataView;
  readonly count: number;
  /** Of the file that it was read from. */
  readonly version: number;
  /** When it was read: no file was replaced and no segment left between equal epochs. */
  readonly epoch: number;
}

function rowsOf({ firstIndex, lastIndex }: SealedSegment): number {
  return lastIndex - firstIndex + 1;
}

function pagesOf(segment: SealedSegment): number {
  return Math.ceil(rowsOf(segment) / PAGE_ROWS);
}

/** The page that holds `target` if keys grow evenly. */
function guessPage(segment: SealedSegment, key: RowKey, target: number): number {
  const { baseOffset, nextOffset, firstTimestamp, lastTimestamp } = segment;
  const [first, last] =
    key === "offset" ? [baseOffset, nextOffset] : [firstTimestamp, lastTimestamp];
  const share = last > first ? Math.max(0, target - first) / (last - first) : 0.5;
  const row = Math.min(rowsOf(segment) - 1, Math.floor(share * rowsOf(segment)));
  return Math.floor(row / PAGE_ROWS);
}

function pageKey({ stem }: SealedSegment, number: number): string {
  return `${stem} ${number}`;
}

/** The rows of sealed segments, through a bounded cache of pages; each is checked when used. */
export class RowPages {
  readonly #pool: FilePool;
  readonly #pathOf: (stem: string) => string;
  readonly #exists: (path: string) => Promise<boolean>;
  readonly #pages = new Map<string, Promise<Page>>();
  /** How often the file of a segment was replaced, by its stem. */
  readonly #versions = new Map<string, number>();
  readonly #bounds = new BoundsCache();
  #surveyed: Promise<unknown> = Promise.resolve();
  #epoch = 0;

  constructor(ports: {
    readonly pool: FilePool;
    readonly pathOf: (stem: string) => string;
    readonly exists: (path: string) => Promise<boolean>;
  }) {
    this.#pool = ports.pool;
    this.#pathOf = ports.pathOf;
    this.#exists = ports.exists;
  }

  version(segment: SealedSegment): number {
    return this.#versions.get(segment.stem) ?? 0;
  }

  async row(segment: SealedSegment, index: LogIndex): Promise<rows.Row> {
    const at = index - segment.firstIndex;
    const page = await this.#page(segment, Math.floor(at / PAGE_ROWS));
    return this.#rowAt(page, at % PAGE_ROWS);
  }

  /** The file of `segment` was replaced. */
  forget(segment: SealedSegment): void {
    this.#versions.set(segment.stem, this.version(segment) + 1);
    this.#dropPages(segment);
  }

  /** The segment has left the log. */
  drop(segment: SealedSegment): void {
    this.#versions.delete(segment.stem);
    this.#dropPages(segment);
  }

  #dropPages(segment: SealedSegment): void {
    this.#epoch++;
    this.#bounds.delete(segment.stem);
    for (const [key, page] of [...this.#pages])
      if (key.startsWith(`${segment.stem} `)) {
        this.#pages.delete(key);
        page.catch(() => undefined);
      }
  }

  /** Reads the rows of first..last from the disk, past the cache. @throws RowDamage */
  async verify(segment: SealedSegment, first: LogIndex, last: LogIndex): Promise<number> {
    const { firstIndex } = segment;
    let bytes = 0;
    for (
      let number = Math.floor((first - firstIndex) / PAGE_ROWS);
      number <= Math.floor((last - firstIndex) / PAGE_ROWS);
      number++
    ) {
      const page = await this.#load(segment, number);
      for (let at = 0; at < page.count; at++) this.#rowAt(page, at);
      bytes += page.count * ROW_BYTES;
    }
    return bytes;
  }

  /**
   * The last entry whose `key` is at most `target`; absent when the first one's is greater. One
   * read of a page where keys grow evenly, or the segment was surveyed; else one more, of all rows.
   * The page of the entry that follows is at hand then, or one read away after a single one.
   */
  async floor(segment: SealedSegment, key: RowKey, target: number): Promise<LogIndex | undefined> {
    if (this.#bounds.get(segment.stem) === undefined) {
      const guessed = await this.#page(segment, guessPage(segment, key, target));
      if (this.#settles(guessed, key, target)) return this.#floorIn(guessed, key, target);
    }
    const bounds = await this.#boundsFor(segment, key, target);
    const page = await this.#page(segment, bounds.pageOf(key, target));
    return this.#floorIn(page, key, target);
  }

  /** Whether the entry searched for, and the one after it, are of this page. */
  #settles(page: Page, key: RowKey, target: number): boolean {
    const { number, segment, count } = page;
    return (
      (number === 0 || this.#rowAt(page, 0)[key] <= target) &&
      (number === pagesOf(segment) - 1 || this.#rowAt(page, count - 1)[key] > target)
    );
  }

  /** Where the pages of `segment` begin. One survey at a time: each has much in memory. */
  #boundsFor(segment: SealedSegment, key: RowKey, target: number): Promise<PageBounds> {
    const known = this.#bounds.get(segment.stem);
    if (known !== undefined) return Promise.resolve(known);
    const bounds = this.#surveyed.then(
      () => this.#bounds.get(segment.stem) ?? this.#survey(segment, key, target),
    );
    this.#surveyed = bounds.catch(() => undefined);
    return bounds;
  }

  /** Reads every row; keeps where pages begin, and the pages that the search is for. */
  async #survey(segment: SealedSegment, key: RowKey, target: number): Promise<PageBounds> {
    const epoch = this.#epoch;
    const bounds = new PageBounds(pagesOf(segment));
    for (let from = 0; from < bounds.pages; from += SURVEY_PAGES) {
      const to = Math.min(bounds.pages, from + SURVEY_PAGES) - 1;
      const piece = await this.#load(segment, from, to);
      for (let at = 0; at < piece.count; at += PAGE_ROWS) bounds.add(this.#rowAt(piece, at));
      const found = bounds.pageOf(key, target);
      this.#keep(piece, found);
      this.#keep(piece, found + 1);
    }
    if (epoch === this.#epoch) this.#bounds.set(segment.stem, bounds);
    return bounds;
  }

  #floorIn(page: Page, key: RowKey, target: number): LogIndex | undefined {
    let low = 0;
    let high = page.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rowAt(page, middle)[key] <= target) low = middle + 1;
      else high = middle;
    }
    const at = page.number * PAGE_ROWS + low - 1;
    return at < 0 ? undefined : ((page.segment.firstIndex + at) as LogIndex);
  }

  /** A copy of page `number`, if it is of these; the rest may go. */
  #keep(rows: Page, number: number): void {
    const from = (number - rows.number) * PAGE_ROWS;
    const key = pageKey(rows.segment, number);
    if (from < 0 || from >= rows.count || this.#pages.has(key)) return;
    if (rows.epoch !== this.#epoch) return;
    const count = Math.min(PAGE_ROWS, rows.count - from);
    const { buffer, byteOffset } = rows.view;
    const bytes = Buffer.from(buffer, byteOffset + from * ROW_BYTES, count * ROW_BYTES);
    const view = viewOf(Buffer.from(bytes));
    this.#use(key, Promise.resolve({ ...rows, number, view, count }));
  }

  #rowAt(page: Page, at: number): rows.Row {
    const { segment, view } = page;
    const relative = page.number * PAGE_ROWS + at;
    const byte = at * ROW_BYTES;
    if (
      !rows.isRowIntact(view, byte, segment.rowSeed) ||
      rows.rowRelativeIndex(view, byte) !== relative
    ) {
      const index = segment.firstIndex + relative;
      const place = `${this.#pathOf(segment.stem)}: byte ${rows.rowPosition(segment.start, index)}`;
      throw new RowDamage(
        segment,
        page.version,
        `${place} (entry ${index}): the row does not match its checksum`,
      );
    }
    return rows.readRow(view, byte, segment.start);
  }

  #page(segment: SealedSegment, number: number): Promise<Page> {
    const key = pageKey(segment, number);
    const cached = this.#pages.get(key);
    const page = cached ?? this.#load(segment, number);
    if (cached === undefined) page.catch(() => this.#pages.delete(key));
    this.#use(key, page);
    return page;
  }

  #use(key: string, page: Promise<Page>): void {
    // Re-inserted: the map's order is the order of last use.
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const oldest = this.#pages.keys().next();
    if (this.#pages.size > MAX_PAGES && oldest.done !== true) this.#pages.delete(oldest.value);
  }

  /** Pages number..to in one read. */
  async #load(segment: SealedSegment, number: number, to = number): Promise<Page> {
    const file = this.#pathOf(segment.stem);
    const first = segment.firstIndex + number * PAGE_ROWS;
    const count = Math.min((to - number + 1) * PAGE_ROWS, segment.lastIndex - first + 1);
    const bytes = Buffer.allocUnsafe(count * ROW_BYTES);
    const position = rows.rowPosition(segment.start, first);
    const version = this.version(segment);
    const epoch = this.#epoch;
    const reading = this.#pool.use(file, (opened) => opened.read(bytes, position));
    const filled = await reading.catch(async (thrown: unknown) => {
      if (await this.#exists(file)) throw thrown;
      return 0;
    });
    if (filled < bytes.length)
      throw new RowDamage(segment, version, `${file}: byte ${position + filled}: rows are missing`);
    return { segment, number, view: viewOf(bytes), count, version, epoch };
  }
}
