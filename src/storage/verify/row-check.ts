import type { LogIndex } from "../../common/brand.ts";
import { frameLength } from "../../common/frame.ts";
import { INDEX_HEADER_BYTES, ROW_BYTES } from "../wal/index-header.ts";
import { type Row, rowPosition } from "../wal/row.ts";
import type { VerifyFinding } from "./finding.ts";
import type { WalkedFrame } from "./frame-walk.ts";
import type { Rows } from "./row-file.ts";
import { damagedRows, missingRows, tornEnd } from "./segment-findings.ts";

/** What is known of a segment once all its frames have been seen. */
export interface RowContext {
  readonly sealed: boolean;
  /** A later segment exists: all rows were synced before it did. */
  readonly closed: boolean;
  readonly lastProven: LogIndex | undefined;
  /** Last entry with an intact frame. */
  readonly last: LogIndex | undefined;
  /** Frames are damaged: rows beyond the last intact one are not too many. */
  readonly broken: boolean;
  readonly indexBytes: number;
}

/** Holds the rows of a segment against its frames, one by one. */
export class RowCheck {
  readonly #rows: Rows;
  readonly #file: string;
  readonly #findings: VerifyFinding[];
  /** Entries without an intact row, as runs first..last. */
  readonly #bad: [LogIndex, LogIndex][] = [];
  #intact = 0;

  constructor(rows: Rows, file: string, findings: VerifyFinding[]) {
    this.#rows = rows;
    this.#file = file;
    this.#findings = findings;
  }

  get intact(): number {
    return this.#intact;
  }

  async compare(frame: WalkedFrame): Promise<void> {
    const { index } = frame.header;
    const row = await this.#rows.row(index);
    if (row === undefined) this.#addBad(index);
    else if (tellsOf(row, frame)) this.#intact++;
    else {
      const what = "the row does not tell of the frame that lies in the log";
      this.#findings.push(damagedRows({ ...this.#at(index), what }));
    }
  }

  /** Judges the rows that were not intact, and what lies behind the last one. */
  finish(context: RowContext): void {
    const { sealed, closed, lastProven, last, broken, indexBytes } = context;
    const durable = sealed || closed;
    for (const [from, to] of this.#bad) {
      const what =
        from === to ? `entry ${from} has no row` : `entries ${from} to ${to} have no rows`;
      const seen = { ...this.#at(from), what };
      const proven = durable || from <= (lastProven ?? 0);
      this.#findings.push(proven ? damagedRows(seen) : missingRows(seen));
    }
    const { firstIndex } = this.#rows.start;
    const end = INDEX_HEADER_BYTES + ((last ?? firstIndex - 1) - firstIndex + 1) * ROW_BYTES;
    if (broken || indexBytes <= end) return;
    const seen = {
      file: this.#file,
      byte: end,
      what: `${indexBytes - end} bytes after the last row`,
    };
    this.#findings.push(durable ? damagedRows(seen) : tornEnd(seen));
  }

  #addBad(index: LogIndex): void {
    const run = this.#bad.at(-1);
    if (run?.[1] === index - 1) run[1] = index;
    else this.#bad.push([index, index]);
  }

  #at(index: LogIndex): { readonly file: string; readonly byte: number; readonly index: LogIndex } {
    return { file: this.#file, byte: rowPosition(this.#rows.start, index), index };
  }
}

function tellsOf(row: Row, { position, header }: WalkedFrame): boolean {
  return (
    row.position === position &&
    row.length === frameLength(header) &&
    row.chain === header.chain &&
    row.offset === header.baseOffset &&
    row.term === header.term &&
    row.timestamp === header.timestamp
  );
}
