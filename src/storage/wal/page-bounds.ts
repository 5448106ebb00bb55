/** What rows are searched by; both grow with the index. */
export type RowKey = "offset" | "timestamp";

/** Pages whose bounds are kept: 1 MiB, as many as 58 segments of 64 MiB have at the most. */
const MAX_PAGES = 64 * 1024;

/** First offset and time of every page of rows of a sealed segment: 16 bytes for 32 KiB of rows. */
export class PageBounds {
  readonly pages: number;
  readonly #keys: Readonly<Record<RowKey, Float64Array>>;
  #known = 0;

  constructor(pages: number) {
    this.pages = pages;
    this.#keys = { offset: new Float64Array(pages), timestamp: new Float64Array(pages) };
  }

  /** Adds the next page by its first row. */
  add(first: Readonly<Record<RowKey, number>>): void {
    this.#keys.offset[this.#known] = first.offset;
    this.#keys.timestamp[this.#known] = first.timestamp;
    this.#known++;
  }

  /** The last page, of those added, that begins at or before `target`; the first if none does. */
  pageOf(key: RowKey, target: number): number {
    const firsts = this.#keys[key];
    let low = 0;
    let high = this.#known;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0) <= target) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The bounds of segments that were surveyed, those used last, within {@link MAX_PAGES}. */
export class BoundsCache {
  readonly #bounds = new Map<string, PageBounds>();
  readonly #maxPages: number;
  #pages = 0;

  constructor(maxPages = MAX_PAGES) {
    this.#maxPages = maxPages;
  }

  get(stem: string): PageBounds | undefined {
    const found = this.#bounds.get(stem);
    if (found === undefined) return undefined;
    // Re-inserted: the map's order is the order of last use.
    this.#bounds.delete(stem);
    this.#bounds.set(stem, found);
    return found;
  }

  set(stem: string, bounds: PageBounds): void {
    this.delete(stem);
    this.#bounds.set(stem, bounds);
    this.#pages += bounds.pages;
    for (const oldest of [...this.#bounds.keys()]) {
      if (this.#pages <= this.#maxPages) break;
      this.delete(oldest);
    }
  }

  delete(stem: string): void {
    this.#pages -= this.#bounds.get(stem)?.pages ?? 0;
    this.#bounds.delete(stem);
  }
}
