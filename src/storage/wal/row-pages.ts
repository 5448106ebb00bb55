import type { LogIndex } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import type { FilePool } from "./file-pool.ts";
import { ROW_BYTES } from "./index-header.ts";
import { RowDamage } from "./met-damage.ts";
import * as rows from "./row.ts";
import type { SealedSegment } from "./sealed-segment.ts";

/** Rows read at once: 32 KiB, so a lookup in a long segment costs a read or two. */
const PAGE_ROWS = 680;
/** Pages kept: 2 MiB, whatever the size of the log. */
const MAX_PAGES = 64;

/** Pages read at once, 1 MiB, where keys grow unevenly: one read settles what many would. */
const WINDOW_PAGES = 32;
/** After so many probes halving takes the place of guessing. */
const MAX_GUESSES = 3;

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

/** What rows are searched by; both grow with the index. */
export type RowKey = "offset" | "timestamp";

/** Where a search still has to look: pages low..high, and keys before and behind them. */
interface PageRange {
  low: number;
  high: number;
  lowKey: number;
  highKey: number;
}

/** Keys grow nearly evenly, so guessing by proportion beats halving. */
function guessPage({ low, high, lowKey, highKey }: PageRange, target: number, probes: number) {
  const even = highKey > lowKey && probes < MAX_GUESSES;
  const share = even ? (target - lowKey) / (highKey - lowKey) : 0.5;
  return low + Math.round(Math.min(1, Math.max(0, share)) * (high - low));
}

function windowAround(guess: number, { low, high }: PageRange): readonly [number, number] {
  const from = Math.max(low, Math.min(guess - WINDOW_PAGES / 2, high - WINDOW_PAGES + 1));
  return [from, Math.min(high, from + WINDOW_PAGES - 1)];
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
   * The last entry whose `key` is at most `target`; absent when the first one's is greater. Its
   * page, and that of the entry after it, are at hand then. One read where keys grow evenly; else
   * a second one, of a whole window, tells all of a segment of 20 000 entries.
   */
  async floor(segment: SealedSegment, key: RowKey, target: number): Promise<LogIndex | undefined> {
    const range: PageRange = {
      low: 0,
      high: Math.floor((segment.lastIndex - segment.firstIndex) / PAGE_ROWS),
      lowKey: key === "offset" ? segment.baseOffset : segment.firstTimestamp,
      highKey: key === "offset" ? segment.nextOffset : segment.lastTimestamp,
    };
    for (let probes = 0; ; probes++) {
      const guess = guessPage(range, target, probes);
      const [from, to] = probes === 0 ? [guess, guess] : windowAround(guess, range);
      const rows = await (probes === 0
        ? this.#page(segment, guess)
        : this.#load(segment, from, to));
      const first = this.#rowAt(rows, 0)[key];
      const last = this.#rowAt(rows, rows.count - 1)[key];
      if (first > target && from > range.low) {
        range.high = from - 1;
        range.highKey = first;
      } else if (last <= target && to < range.high) {
        range.low = to + 1;
        range.lowKey = last;
      } else return this.#floorIn(rows, key, target);
    }
  }

  #floorIn(rows: Page, key: RowKey, target: number): LogIndex | undefined {
    let low = 0;
    let high = rows.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rowAt(rows, middle)[key] <= target) low = middle + 1;
      else high = middle;
    }
    const at = rows.number * PAGE_ROWS + low - 1;
    this.#keep(rows, at);
    this.#keep(rows, at + 1);
    return at < 0 ? undefined : ((rows.segment.firstIndex + at) as LogIndex);
  }

  /** Of a window, the page that holds row `at` of the segment; the rest is let go. */
  #keep(rows: Page, at: number): void {
    const number = Math.floor(at / PAGE_ROWS);
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
