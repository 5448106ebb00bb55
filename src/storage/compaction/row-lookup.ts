import { viewOf } from "../../common/frame.ts";
import type { File } from "../file-system.ts";
import { COMPACTED_ROW_BYTES, type CompactedRow, readCompactedRow } from "./compacted-row.ts";
import { FileDamage } from "./file-damage.ts";
import type { CompactedFile } from "./manifest.ts";

/** Rows read at once: 4 KiB. */
const PAGE_ROWS = 128;
/** Pages kept: 512 KiB, whatever the size of the prefix. */
const MAX_PAGES = 128;

interface Page {
  readonly bytes: Uint8Array;
  /** In the file. */
  readonly position: number;
}

/** Finds rows of compacted files through a bounded cache of pages; each is checked when used. */
export class RowLookup {
  readonly #pages = new Map<string, Page>();

  /** The last row whose `key` is at most `target`; absent when the first one's is greater. */
  async floor(
    opened: File,
    file: CompactedFile,
    key: "offset" | "timestamp",
    target: number,
  ): Promise<CompactedRow | undefined> {
    let low = 0;
    let high = file.rows;
    let found: CompactedRow | undefined;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = await this.#row(opened, file, middle);
      if (row[key] <= target) {
        found = row;
        low = middle + 1;
      } else high = middle;
    }
    return found;
  }

  /** Checks all rows against the disk, past the cache. @throws FileDamage */
  async verify(opened: File, file: CompactedFile): Promise<void> {
    for (let first = 0; first < file.rows; first += PAGE_ROWS) {
      const page = await readPage(opened, file, first / PAGE_ROWS);
      const count = page.bytes.length / COMPACTED_ROW_BYTES;
      for (let at = 0; at < count; at++) rowOf(opened, page, first + at, at);
    }
  }

  /** The file is gone: its name may come back with other bytes. */
  forget(name: string): void {
    for (const key of [...this.#pages.keys()])
      if (key.startsWith(`${name} `)) this.#pages.delete(key);
  }

  async #row(opened: File, file: CompactedFile, number: number): Promise<CompactedRow> {
    const page = await this.#page(opened, file, Math.floor(number / PAGE_ROWS));
    return rowOf(opened, page, number, number % PAGE_ROWS);
  }

  async #page(opened: File, file: CompactedFile, number: number): Promise<Page> {
    const key = `${file.name} ${number}`;
    const page = this.#pages.get(key) ?? (await readPage(opened, file, number));
    // Re-inserted: the map's order is the order of last use.
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const oldest = this.#pages.keys().next();
    if (this.#pages.size > MAX_PAGES && oldest.done !== true) this.#pages.delete(oldest.value);
    return page;
  }
}

async function readPage(opened: File, file: CompactedFile, number: number): Promise<Page> {
  const first = number * PAGE_ROWS;
  const bytes = Buffer.allocUnsafe(Math.min(PAGE_ROWS, file.rows - first) * COMPACTED_ROW_BYTES);
  const position = file.frameBytes + first * COMPACTED_ROW_BYTES;
  const filled = await opened.read(bytes, position);
  if (filled < bytes.length)
    throw new FileDamage(opened.path, position + filled, "the file ends too early");
  return { bytes, position };
}

function rowOf(opened: File, { bytes, position }: Page, number: number, at: number): CompactedRow {
  const byte = at * COMPACTED_ROW_BYTES;
  const row = readCompactedRow(viewOf(bytes), byte, number);
  if (row === undefined)
    throw new FileDamage(opened.path, position + byte, "the row does not match its checksum");
  return row;
}
