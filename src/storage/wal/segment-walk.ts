import type { LogIndex, Offset, Term } from "../../common/brand.ts";
import {
  chainFollows,
  decodeFrame,
  decodeHeader,
  type Frame,
  FRAME_HEADER_BYTES,
  type FrameFault,
  type FrameHeader,
  frameLength,
  viewOf,
} from "../../common/frame.ts";
import { MAX_BATCH_BYTES } from "../../common/limits.ts";
import type { File } from "../file-system.ts";
import { damage, FAULT_WORDS, unknownVersion } from "./damage.ts";
import type { SegmentStart } from "./index-header.ts";
import type { Row } from "./row.ts";

const WINDOW_BYTES = 1 << 20;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_BATCH_BYTES;

type Later<T> = T | Promise<T>;

/** A segment's frames, and what else is known of them. */
export interface WalkSource {
  readonly log: File;
  /** Where frames may lie at most. */
  readonly end: number;
  readonly start: SegmentStart;
  /** The row of an entry, where it is intact. */
  readonly rowOf: (index: LogIndex) => Later<Row | undefined>;
  /** Why an entry must lie at `position`; absent where nothing tells that one ever did. */
  readonly proof: (index: LogIndex, position: number) => Later<string | undefined>;
}

/** What lies next: whole frames, one after the other, or one entry whose bytes are damaged. */
export type Walked =
  | {
      readonly kind: "frames";
      readonly position: number;
      readonly frames: readonly Frame[];
      /** All of them. */
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "faulty"; readonly row: Row; readonly what: string };

/** Why no further entry follows. */
export interface WalkEnd {
  readonly fault: FrameFault | "misplaced" | "end";
  readonly what: string;
}

/**
 * Goes through the frames of a segment from its beginning. Each is verified by its sums and by the
 * chain. One that is damaged, and that something proves to have been there, keeps its identity if
 * its row is intact, or its header (which the chain vouches for without the payload).
 */
export class SegmentWalk {
  readonly #source: WalkSource;
  #position = 0;
  #index: LogIndex;
  #offset: Offset;
  #term: Term;
  #timestamp = 0;
  #chain: number;
  #end: WalkEnd | undefined;

  constructor(source: WalkSource) {
    const { baseOffset, firstIndex, prevTerm, prevChain } = source.start;
    this.#source = source;
    this.#index = firstIndex;
    this.#offset = baseOffset;
    this.#term = prevTerm;
    this.#chain = prevChain;
  }

  /** Where the walk stands: the end of the last entry seen, and the index of the next. */
  get position(): number {
    return this.#position;
  }

  get index(): LogIndex {
    return this.#index;
  }

  /** Chain of the last entry seen. */
  get chain(): number {
    return this.#chain;
  }

  /** Set when {@link next} has nothing more. */
  get end(): WalkEnd | undefined {
    return this.#end;
  }

  /**
   * @throws FatalError("corruption") where an entry has lost its identity, or where row and frame
   *   tell of two histories; FatalError("config") at a frame of another version.
   */
  async next(): Promise<Walked | undefined> {
    if (this.#end !== undefined) return undefined;
    const { end } = this.#source;
    const position = this.#position;
    let bytes = await this.#read(WINDOW_BYTES);
    let fault = bytes.length === 0 ? "end" : undefined;
    let frames: readonly Frame[] = [];
    if (fault === undefined) ({ frames, fault } = this.#take(bytes));
    if (frames.length === 0 && fault === "cut" && position + bytes.length < end) {
      bytes = await this.#read(MAX_FRAME_BYTES);
      ({ frames, fault } = this.#take(bytes));
    }
    if (frames.length > 0)
      return {
        kind: "frames",
        position,
        frames,
        bytes: bytes.subarray(0, this.#position - position),
      };
    return this.#judge(bytes, fault as WalkEnd["fault"]);
  }

  async #read(length: number): Promise<Uint8Array> {
    const { log, end } = this.#source;
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, end - this.#position)));
    return bytes.subarray(0, await log.read(bytes, this.#position));
  }

  #take(bytes: Uint8Array): { frames: Frame[]; fault: WalkEnd["fault"] | undefined } {
    const view = viewOf(bytes);
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length; ) {
      const frame = decodeFrame(bytes, at, this.#chain, view);
      if (typeof frame === "string") {
        // A chain that does not fit is told apart from a frame of another place by its numbers.
        const header = frame === "chain" ? decodeHeader(bytes, at, view) : undefined;
        const elsewhere = typeof header === "object" && !this.#isNext(header);
        return { frames, fault: elsewhere ? "misplaced" : frame };
      }
      if (!this.#isNext(frame.header)) return { frames, fault: "misplaced" };
      frames.push(frame);
      this.#pass(frame.header, frame.bytes.length);
      at += frame.bytes.length;
    }
    return { frames, fault: undefined };
  }

  #isNext(header: FrameHeader): boolean {
    return (
      header.index === this.#index &&
      header.segmentFirstIndex === this.#source.start.firstIndex &&
      header.baseOffset === this.#offset
    );
  }

  #pass(
    entry: Pick<FrameHeader, "term" | "timestamp" | "chain" | "recordCount">,
    length: number,
  ): void {
    this.#position += length;
    this.#index = (this.#index + 1) as LogIndex;
    this.#offset = (this.#offset + entry.recordCount) as Offset;
    this.#term = entry.term;
    this.#timestamp = entry.timestamp;
    this.#chain = entry.chain;
  }

  async #judge(bytes: Uint8Array, fault: WalkEnd["fault"]): Promise<Walked | undefined> {
    const what = wordsOf(fault);
    const proof = await this.#source.proof(this.#index, this.#position);
    const row = proof === undefined ? undefined : await this.#source.rowOf(this.#index);
    const place = {
      file: this.#source.log.path,
      byte: this.#position,
      index: this.#index,
      term: row?.term,
    };
    if (fault === "version") throw unknownVersion(place, "a frame is");
    if (proof === undefined) {
      this.#end = { fault, what };
      return undefined;
    }
    const header = decodeHeader(bytes, 0);
    const intact = typeof header === "string" || !this.#isNext(header) ? undefined : header;
    const follows = intact !== undefined && chainFollows({ header: intact, bytes }, this.#chain);
    if (row !== undefined && !this.#continues(row))
      throw damage(place, `${what}, and its row does not continue the entry before it`);
    if (row !== undefined && intact !== undefined && follows !== (intact.chain === row.chain))
      throw damage(place, `${what}, and header and row tell of two histories`);
    const identity = row ?? (follows && intact !== undefined ? this.#rowOf(intact) : undefined);
    if (identity === undefined)
      throw damage(
        place,
        `${what}, and ${proof}; its row is damaged too, so nobody can tell which entry it was`,
      );
    this.#pass(identity, identity.length);
    return { kind: "faulty", row: identity, what };
  }

  #continues(row: Row): boolean {
    return (
      row.position === this.#position &&
      row.offset === this.#offset &&
      row.term >= this.#term &&
      row.timestamp >= this.#timestamp &&
      row.length >= FRAME_HEADER_BYTES &&
      row.length <= MAX_FRAME_BYTES
    );
  }

  #rowOf(header: FrameHeader): Row {
    const { index, baseOffset: offset, recordCount, term, timestamp, chain } = header;
    const length = frameLength(header);
    return { index, position: this.#position, length, offset, recordCount, term, timestamp, chain };
  }
}

function wordsOf(fault: WalkEnd["fault"]): string {
  if (fault === "misplaced") return "another entry's frame lies there";
  return fault === "end" ? "the file ends before it" : FAULT_WORDS[fault];
}
