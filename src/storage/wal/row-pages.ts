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

/** Rows of a sealed segment as read from its `.index` file. */
interface Page {
  readonly segment: SealedSegment;
  readonly number: number;
  readonly view: DataView;
  readonly count: number;
  /** Of the file that it was read from. */
  readonly version: number;
}

/** What rows are searched by; both grow with the index. */
export type RowKey = "offset" | "timestamp";

/** The rows of sealed segments, through a bounded cache of pages; each is checked when used. */
export class RowPages {
  readonly #pool: FilePool;
  readonly #pathOf: (stem: string) => string;
  readonly #exists: (path: string) => Promise<boolean>;
  readonly #pages = new Map<string, Promise<Page>>();
  /** How often the file of a segment was replaced, by its stem. */
  readonly #versions = new Map<string, number>();

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

  /** The last entry whose `key` is at most `target`; absent when the first one's is greater. */
  async floor(segment: SealedSegment, key: RowKey, target: number): Promise<LogIndex | undefined> {
    let low = 0;
    let high = Math.floor((segment.lastIndex - segment.firstIndex) / PAGE_ROWS);
    let lowKey: number = key === "offset" ? segment.baseOffset : segment.firstTimestamp;
    let highKey: number = key === "offset" ? segment.nextOffset : segment.lastTimestamp;
    let seen = -1;
    while (low < high) {
      // Keys grow nearly evenly, so guessing by proportion beats halving.
      const share = highKey > lowKey ? (target - lowKey) / (highKey - lowKey) : 0.5;
      const guess = low + Math.round(Math.min(1, Math.max(0, share)) * (high - low));
      const number = guess === seen ? guess + 1 : guess;
      const page = await this.#page(segment, number);
      const first = this.#rowAt(page, 0)[key];
      if (first > target) {
        high = number - 1;
        highKey = first;
      } else {
        const last = this.#rowAt(page, page.count - 1)[key];
        if (last > target) return this.#floorIn(page, key, target);
        low = number;
        lowKey = last;
        seen = number;
      }
    }
    return this.#floorIn(await this.#page(segment, low), key, target);
  }

  #floorIn(page: Page, key: RowKey, target: number): LogIndex | undefined {
    let low = 0;
    let high = page.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rowAt(page, middle)[key] <= target) low = middle + 1;
      else high = middle;
    }
    const first = page.segment.firstIndex + page.number * PAGE_ROWS;
    if (low > 0) return (first + low - 1) as LogIndex;
    return page.number === 0 ? undefined : ((first - 1) as LogIndex);
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
    const key = `${segment.stem} ${number}`;
    const cached = this.#pages.get(key);
    const page = cached ?? this.#load(segment, number);
    if (cached === undefined) page.catch(() => this.#pages.delete(key));
    // Re-inserted: the map's order is the order of last use.
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const oldest = this.#pages.keys().next();
    if (this.#pages.size > MAX_PAGES && oldest.done !== true) this.#pages.delete(oldest.value);
    return page;
  }

  async #load(segment: SealedSegment, number: number): Promise<Page> {
    const file = this.#pathOf(segment.stem);
    const first = segment.firstIndex + number * PAGE_ROWS;
    const count = Math.min(PAGE_ROWS, segment.lastIndex - first + 1);
    const bytes = Buffer.allocUnsafe(count * ROW_BYTES);
    const position = rows.rowPosition(segment.start, first);
    const version = this.version(segment);
    const reading = this.#pool.use(file, (opened) => opened.read(bytes, position));
    const filled = await reading.catch(async (thrown: unknown) => {
      if (await this.#exists(file)) throw thrown;
      return 0;
    });
    if (filled < bytes.length)
      throw new RowDamage(segment, version, `${file}: byte ${position + filled}: rows are missing`);
    return { segment, number, view: viewOf(bytes), count, version };
  }
}
