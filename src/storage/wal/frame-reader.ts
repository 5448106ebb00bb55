import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import {
  checkFrame,
  FRAME_HEADER_BYTES,
  frameLengthAt,
  headerChainAt,
  headerIndexAt,
  headerTermAt,
  viewOf,
} from "../../common/frame.ts";
import { MAX_BATCH_BYTES } from "../../common/limits.ts";
import type { FrameRun } from "../types.ts";
import { FAULT_WORDS } from "./damage.ts";
import type { FilePool } from "./file-pool.ts";
import { FrameDamage } from "./met-damage.ts";
import type { Row } from "./row.ts";
import type { RowPages } from "./row-pages.ts";
import type { Segment } from "./segment-list.ts";

/** A read below this size costs as much as one of it. */
const MIN_READ_BYTES = 4 << 10;

/** Where a run of frames begins, and what it must continue. */
interface RunStart {
  readonly file: string;
  readonly segment: Segment;
  readonly first: LogIndex;
  readonly position: number;
  /** End of the frames that may be read. */
  readonly end: number;
  readonly prevChain: number;
  /** What the row of the first entry says. */
  readonly row: Pick<Row, "term" | "chain">;
}

/** Reads frames from disk: one read a run, every frame verified before it is handed out. */
export class FrameReader {
  readonly #pool: FilePool;
  readonly #rows: RowPages;
  readonly #pathOf: (stem: string) => string;

  constructor(pool: FilePool, rows: RowPages, pathOf: (stem: string) => string) {
    this.#pool = pool;
    this.#rows = rows;
    this.#pathOf = pathOf;
  }

  /**
   * Frames of one segment from `first` on; `upTo` must be in its file. Ends before a damaged one.
   * @throws FrameDamage when the first one is damaged, RowDamage when its row is.
   */
  async read(
    segment: Segment,
    first: LogIndex,
    maxBytes: number,
    upTo: LogIndex,
  ): Promise<FrameRun> {
    const last = Math.min(upTo, segment.lastIndex) as LogIndex;
    const start = await this.#startOf(segment, first, last);
    return this.#pool.use(start.file, async (file) => {
      const available = start.end - start.position;
      let bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(maxBytes, MIN_READ_BYTES), available));
      let filled = await file.read(bytes, start.position);
      const wanted = wantedBytes(bytes.subarray(0, filled));
      if (wanted > filled && wanted <= available) {
        bytes = Buffer.allocUnsafeSlow(wanted);
        filled = await file.read(bytes, start.position);
      }
      return this.#verify(start, bytes.subarray(0, filled), maxBytes, last);
    });
  }

  async #startOf(segment: Segment, first: LogIndex, last: LogIndex): Promise<RunStart> {
    const file = this.#pathOf(segment.stem);
    if (!segment.sealed) {
      const { rows, start } = segment;
      const prevChain =
        first === start.firstIndex ? start.prevChain : rows.chain((first - 1) as LogIndex);
      const end = rows.position(last) + rows.length(last);
      const row = { term: rows.term(first), chain: rows.chain(first) };
      return { file, segment, first, position: rows.position(first), end, prevChain, row };
    }
    const row = await this.#rows.row(segment, first);
    const prevChain =
      first === segment.firstIndex
        ? segment.start.prevChain
        : (await this.#rows.row(segment, (first - 1) as LogIndex)).chain;
    const { position } = row;
    return { file, segment, first, position, end: segment.frameBytes, prevChain, row };
  }

  #verify(start: RunStart, bytes: Uint8Array, maxBytes: number, upTo: LogIndex): FrameRun {
    const view = viewOf(bytes);
    let at = 0;
    let chain = start.prevChain;
    let next: number = start.first;
    let lastAt = 0;
    while (next <= upTo) {
      const length = checkFrame(view, at, chain);
      if (typeof length === "string") {
        if (next > start.first) break;
        throw damaged(start, FAULT_WORDS[length]);
      }
      if (headerIndexAt(view, at) !== next) {
        if (next > start.first) break;
        throw damaged(start, `entry ${headerIndexAt(view, at)} lies in its place`);
      }
      if (next === start.first && headerChainAt(view, at) !== start.row.chain)
        throw damaged(start, "it is not the entry that the row tells of");
      if (next > start.first && at + length > maxBytes) break;
      chain = headerChainAt(view, at);
      lastAt = at;
      at += length;
      next++;
    }
    assert(next > start.first, "a run holds at least one frame");
    return {
      first: start.first,
      last: { index: (next - 1) as LogIndex, term: headerTermAt(view, lastAt) },
      prevChain: start.prevChain,
      chunks: [bytes.subarray(0, at)],
      byteLength: at,
    };
  }
}

function damaged({ segment, first, position, row }: RunStart, what: string): FrameDamage {
  const { term, chain } = row;
  return new FrameDamage(
    { index: first, term, chain, file: `${segment.stem}.log`, position },
    what,
  );
}

/** Length of the first frame, as far as its header can be believed. */
function wantedBytes(bytes: Uint8Array): number {
  if (bytes.length < FRAME_HEADER_BYTES) return 0;
  return Math.min(frameLengthAt(viewOf(bytes), 0), FRAME_HEADER_BYTES + MAX_BATCH_BYTES);
}
