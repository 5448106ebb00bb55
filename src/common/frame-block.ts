import type { LogIndex, Offset, Term } from "./brand.ts";
import {
  type Frame,
  frameAt,
  headerBaseOffsetAt,
  headerChainAt,
  headerIndexAt,
  headerRecordCountAt,
  headerSegmentAt,
  headerTermAt,
  headerTimestampAt,
  isDataAt,
  viewOf,
} from "./frame.ts";

/**
 * Consecutive frames that lie next to each other in memory, verified or stamped here: what travels
 * from the client or the leader to the disk. An entry costs one number besides its bytes; objects
 * are made of the few frames that somebody looks into.
 */
export class FrameBlock {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where each frame starts in `bytes`. */
  readonly starts: readonly number[];

  constructor(bytes: Uint8Array, starts: readonly number[], view: DataView = viewOf(bytes)) {
    this.bytes = bytes;
    this.view = view;
    this.starts = starts;
  }

  /** The same frames, copied together. */
  static of(frames: readonly Frame[]): FrameBlock {
    let end = 0;
    const starts = frames.map(({ bytes }) => (end += bytes.length) - bytes.length);
    return new FrameBlock(Buffer.concat(frames.map(({ bytes }) => bytes)), starts);
  }

  get count(): number {
    return this.starts.length;
  }

  start(at: number): number {
    return this.starts[at] ?? this.bytes.length;
  }

  /** Header and payload. */
  length(at: number): number {
    return this.start(at + 1) - this.start(at);
  }

  index(at: number): LogIndex {
    return headerIndexAt(this.view, this.start(at));
  }

  term(at: number): Term {
    return headerTermAt(this.view, this.start(at));
  }

  baseOffset(at: number): Offset {
    return headerBaseOffsetAt(this.view, this.start(at));
  }

  segmentFirstIndex(at: number): LogIndex {
    return headerSegmentAt(this.view, this.start(at));
  }

  timestamp(at: number): number {
    return headerTimestampAt(this.view, this.start(at));
  }

  recordCount(at: number): number {
    return headerRecordCountAt(this.view, this.start(at));
  }

  chain(at: number): number {
    return headerChainAt(this.view, this.start(at));
  }

  isData(at: number): boolean {
    return isDataAt(this.view, this.start(at));
  }

  frame(at: number): Frame {
    return frameAt(this.bytes, this.view, this.start(at));
  }

  frames(): Frame[] {
    return this.starts.map((start) => frameAt(this.bytes, this.view, start));
  }

  /** Without the first `count` frames. */
  after(count: number): FrameBlock {
    if (count === 0) return this;
    const from = this.start(count);
    const starts = this.starts.slice(count).map((start) => start - from);
    return new FrameBlock(this.bytes.subarray(from), starts);
  }
}
