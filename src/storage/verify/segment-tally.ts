import { LogIndex, Offset, type Term } from "../../common/brand.ts";
import type { FrameHeader } from "../../common/frame.ts";
import { encodeFooter, type NonDataEntry } from "../wal/footer.ts";
import type { SegmentStart } from "../wal/index-header.ts";
import { SegmentDigest } from "../wal/segment-digest.ts";
import type { WalkedFrame } from "./frame-walk.ts";

/** What a walk over a segment has seen so far; from it follows every byte of the footer. */
export class SegmentTally {
  readonly #digest = new SegmentDigest();
  readonly #runs: { term: Term; count: number }[] = [];
  readonly #nonData: NonDataEntry[] = [];
  #first: FrameHeader | undefined;
  #last: FrameHeader | undefined;
  #frames = 0;
  #records = 0;
  #broken = false;

  add({ position, header, bytes }: WalkedFrame): void {
    if (!this.#broken) this.#digest.update(bytes);
    this.#first ??= header;
    this.#last = header;
    this.#frames++;
    this.#records += header.recordCount;
    if (header.type !== "data") this.#nonData.push({ index: header.index, position });
    const run = this.#runs.at(-1);
    if (run?.term === header.term) run.count++;
    else this.#runs.push({ term: header.term, count: 1 });
  }

  /** A frame was not what it should be: the sums over all of them mean nothing any more. */
  break(): void {
    this.#broken = true;
  }

  get broken(): boolean {
    return this.#broken;
  }

  get frames(): number {
    return this.#frames;
  }

  get records(): number {
    return this.#records;
  }

  get first(): FrameHeader | undefined {
    return this.#first;
  }

  get last(): FrameHeader | undefined {
    return this.#last;
  }

  /** What the next segment begins with, given what this one began with. */
  nextStart(start: SegmentStart): SegmentStart {
    const last = this.#last;
    if (last === undefined) return start;
    return {
      baseOffset: Offset(last.baseOffset + last.recordCount),
      firstIndex: LogIndex(last.index + 1),
      prevTerm: last.term,
      prevChain: last.chain,
    };
  }

  /** The footer that goes with these frames. Ends the tally; absent after {@link break}. */
  footerBytes(start: SegmentStart): Uint8Array | undefined {
    const first = this.#first;
    const last = this.#last;
    if (this.#broken || first === undefined || last === undefined) return undefined;
    return encodeFooter({
      ...start,
      nextOffset: Offset(last.baseOffset + last.recordCount),
      lastIndex: last.index,
      firstTerm: first.term,
      lastTerm: last.term,
      firstTimestamp: first.timestamp,
      lastTimestamp: last.timestamp,
      lastChain: last.chain,
      frameBytes: this.#digest.length,
      runs: this.#runs,
      nonData: this.#nonData,
      ...this.#digest.finish(),
    });
  }
}
