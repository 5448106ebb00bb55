import type { LogIndex } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import type { File } from "../file-system.ts";
import {
  decodeIndexHeader,
  INDEX_HEADER_BYTES,
  type IndexHeader,
  type IndexHeaderFault,
  ROW_BYTES,
  rowSeed,
  type SegmentStart,
} from "../wal/index-header.ts";
import {
  isRowIntact,
  type Row,
  readRow,
  rowKnownCommit,
  rowPosition,
  rowRelativeIndex,
} from "../wal/row.ts";
import { FileWindow } from "./file-window.ts";

/** Evidence that rows give of what was durable. */
export interface RowEvidence {
  /** Last entry that has an intact row; absent when none has. */
  readonly lastProven: LogIndex | undefined;
  /** Highest commit index that an intact row knows of. */
  readonly knownCommit: number;
}

/** An `.index` file, as long as it was when it was opened: later rows are not looked at. */
export class RowFile {
  readonly path: string;
  readonly bytes: number;
  readonly header: IndexHeader | IndexHeaderFault;
  readonly #window: FileWindow;

  private constructor(window: FileWindow, header: IndexHeader | IndexHeaderFault) {
    this.path = window.path;
    this.bytes = window.end;
    this.header = header;
    this.#window = window;
  }

  static async read(file: File): Promise<RowFile> {
    const window = new FileWindow(file, await file.size());
    return new RowFile(window, decodeIndexHeader(await window.at(0, INDEX_HEADER_BYTES)));
  }

  /** Whole rows that the file has room for, intact or not. */
  get slots(): number {
    return Math.max(0, Math.floor((this.bytes - INDEX_HEADER_BYTES) / ROW_BYTES));
  }

  headerBytes(): Promise<Uint8Array> {
    return this.#window.at(0, INDEX_HEADER_BYTES);
  }

  /** How to read the rows of a segment that begins at `start`. */
  rowsOf(start: SegmentStart): Rows {
    return new Rows(this.#window, this.slots, start);
  }
}

/** The rows of one segment. */
export class Rows {
  readonly start: SegmentStart;
  readonly #window: FileWindow;
  readonly #slots: number;
  readonly #seed: number;

  constructor(window: FileWindow, slots: number, start: SegmentStart) {
    this.start = start;
    this.#window = window;
    this.#slots = slots;
    this.#seed = rowSeed(start);
  }

  /** The row of `index`; absent when it is not intact or not there. */
  async row(index: LogIndex): Promise<Row | undefined> {
    const view = await this.#intact(index);
    return view && readRow(view, 0, this.start);
  }

  /** Reads every row once. */
  async evidence(): Promise<RowEvidence> {
    let lastProven: LogIndex | undefined;
    let knownCommit = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      const index = (this.start.firstIndex + slot) as LogIndex;
      const view = await this.#intact(index);
      if (view === undefined) continue;
      lastProven = index;
      knownCommit = Math.max(knownCommit, rowKnownCommit(view, 0, this.start));
    }
    return { lastProven, knownCommit };
  }

  async #intact(index: LogIndex): Promise<DataView | undefined> {
    const bytes = await this.#window.at(rowPosition(this.start, index), ROW_BYTES);
    if (bytes.length < ROW_BYTES) return undefined;
    const view = viewOf(bytes);
    if (!isRowIntact(view, 0, this.#seed)) return undefined;
    return rowRelativeIndex(view, 0) === index - this.start.firstIndex ? view : undefined;
  }
}
