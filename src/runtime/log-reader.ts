import { LogIndex, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { FrameRun, LogStore, RecordLocation } from "../storage/types.ts";
import { HighWatermarkWaiters } from "./high-watermark-waiters.ts";
import type { LeaderView } from "./leader-view.ts";
import type { CallOptions, Consistency, LogOffsets, ReadAnswer, ReadOptions } from "./node-api.ts";
import { reachBound } from "./read-bound.ts";
import type { RecordSource } from "./record-source.ts";
import type { ReadGate } from "./read-gate.ts";

/** The prefix of a log goes now and then, not again and again. */
const MAX_ATTEMPTS = 3;

export interface LogReaderParts {
  readonly log: LogStore;
  readonly source: RecordSource;
  readonly state: LogState;
  readonly reads: ReadGate;
  readonly leader: LeaderView;
  readonly scheduler: Scheduler;
}

/** Committed records for readers: nothing at or above the high watermark ever leaves here. */
export class LogReader {
  readonly #parts: LogReaderParts;
  readonly #waiters: HighWatermarkWaiters;
  #readable = false;

  constructor(parts: LogReaderParts) {
    this.#parts = parts;
    this.#waiters = new HighWatermarkWaiters(parts.state.highWatermark);
  }

  /** A commit of the current leader's own term is known: what this node has is not stale debris. */
  get readable(): boolean {
    return this.#readable;
  }

  /** Entries up to `index` are applied; `ownTerm`: the last of them is of the current term. */
  applied(ownTerm: boolean): void {
    this.#readable ||= ownTerm;
    this.#waiters.advance(this.#parts.state.highWatermark);
  }

  /** Oldest offset that can be read: as the log says, and never below what is held here. */
  get logStartOffset(): Offset {
    const { source, state } = this.#parts;
    return Offset(Math.max(state.logStartOffset, source.heldFrom));
  }

  async offsets(consistency: Consistency, options: ReadOptions = {}): Promise<LogOffsets> {
    await this.#pass(consistency, options);
    const { state, leader } = this.#parts;
    const { logStartOffset } = this;
    return { logStartOffset, highWatermark: state.highWatermark, term: leader.term };
  }

  async offsetAtTime(timestamp: number): Promise<Offset> {
    const { source, state } = this.#parts;
    const found = (await source.offsetAtTime(timestamp)) ?? state.highWatermark;
    return Offset(Math.min(Math.max(found, this.logStartOffset), state.highWatermark));
  }

  async locate(offset: Offset): Promise<RecordLocation> {
    await this.#pass("local", {});
    const { source, state } = this.#parts;
    return this.#held(() => {
      // The high watermark itself has no record yet: one past it is refused as `read` would.
      this.#checkRange(Offset(offset < state.highWatermark ? offset : offset + 1));
      return source.locate(offset);
    });
  }

  async read(
    from: Offset,
    maxBytes: number,
    consistency: Consistency,
    options: ReadOptions = {},
  ): Promise<ReadAnswer> {
    await this.#pass(consistency, options);
    const { source, state } = this.#parts;
    return this.#held(async () => {
      const { highWatermark, appliedIndex } = state;
      this.#checkRange(from);
      const { run, nextOffset } =
        from === highWatermark
          ? { run: this.#nothing(appliedIndex), nextOffset: from }
          : await source.read(from, maxBytes, appliedIndex);
      // A trim meanwhile may have taken records from before those that were read.
      this.#checkRange(from);
      const { compactedTo } = source;
      const { logStartOffset } = this;
      return { run, nextOffset, compactedTo, logStartOffset, highWatermark };
    });
  }

  waitBeyond(offset: Offset, options: CallOptions = {}): Promise<void> {
    return this.#waiters.wait(offset, options);
  }

  close(): void {
    this.#waiters.close();
  }

  #nothing(appliedIndex: LogIndex): FrameRun {
    const last = { index: appliedIndex, term: this.#parts.log.tail.last.term };
    const first = LogIndex(appliedIndex + 1);
    return { first, last, prevChain: 0, chunks: [], byteLength: 0 };
  }

  /** What went from the log between the look and the read may lie in its compacted prefix now. */
  async #held<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await read();
      } catch (thrown) {
        const gone = thrown instanceof LogError && thrown.code === "OFFSET_TRIMMED";
        if (!gone || thrown.logStartOffset === this.logStartOffset || attempt === MAX_ATTEMPTS)
          throw thrown;
      }
  }

  #checkRange(from: Offset): void {
    const { logStartOffset } = this;
    const { highWatermark } = this.#parts.state;
    if (from < logStartOffset)
      throw new LogError(
        "OFFSET_TRIMMED",
        `offset ${from} is gone; the log starts at ${logStartOffset}`,
        {
          logStartOffset,
          hint: `read from ${logStartOffset} on`,
        },
      );
    if (from > highWatermark)
      throw new LogError("OFFSET_BEYOND_END", `offset ${from} is past the end ${highWatermark}`, {
        logStartOffset,
        hint: `the next record will get offset ${highWatermark}`,
      });
  }

  async #pass(consistency: Consistency, options: ReadOptions): Promise<void> {
    const { signal } = options;
    if (signal?.aborted === true) throw LogError.from(signal.reason);
    if (consistency === "linearizable") await this.#parts.reads.pass();
    else if (!this.#readable)
      throw new LogError("UNAVAILABLE", "this node has not learned yet what is committed", {
        hint: "it needs to hear from a leader; try again or ask another node",
      });
    await reachBound(this.#waiters, this.#parts.scheduler, options);
  }
}
