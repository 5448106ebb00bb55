import { LogIndex, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { FrameRun, LogStore, RecordLocation } from "../storage/types.ts";
import { HighWatermarkWaiters } from "./high-watermark-waiters.ts";
import type { LeaderView } from "./leader-view.ts";
import type { CallOptions, Consistency, LogOffsets, ReadAnswer, ReadOptions } from "./node-api.ts";
import { reachBound } from "./read-bound.ts";
import type { ReadGate } from "./read-gate.ts";

/** Where recent reads ended: a tail goes on there without a search. */
const MAX_CONTINUATIONS = 64;

export interface LogReaderParts {
  readonly log: LogStore;
  readonly state: LogState;
  readonly reads: ReadGate;
  readonly leader: LeaderView;
  readonly scheduler: Scheduler;
}

/** Committed records for readers: nothing at or above the high watermark ever leaves here. */
export class LogReader {
  readonly #parts: LogReaderParts;
  readonly #waiters: HighWatermarkWaiters;
  readonly #continuations = new Map<Offset, LogIndex>();
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

  async offsets(consistency: Consistency, options: ReadOptions = {}): Promise<LogOffsets> {
    await this.#pass(consistency, options);
    const { log, state, leader } = this.#parts;
    const { highWatermark } = state;
    return { logStartOffset: log.logStartOffset, highWatermark, term: leader.term };
  }

  async offsetAtTime(timestamp: number): Promise<Offset> {
    const { log, state } = this.#parts;
    const found = await log.locateTime(timestamp);
    return Offset(Math.min(found?.baseOffset ?? state.highWatermark, state.highWatermark));
  }

  async locate(offset: Offset): Promise<RecordLocation> {
    await this.#pass("local", {});
    const { log, state } = this.#parts;
    // The high watermark itself has no record yet: one past it is refused as `read` would.
    this.#checkRange(
      Offset(offset < state.highWatermark ? offset : offset + 1),
      log.logStartOffset,
      state.highWatermark,
    );
    return log.locate(offset);
  }

  async read(
    from: Offset,
    maxBytes: number,
    consistency: Consistency,
    options: ReadOptions = {},
  ): Promise<ReadAnswer> {
    await this.#pass(consistency, options);
    const { log, state } = this.#parts;
    const { highWatermark, appliedIndex } = state;
    const { logStartOffset } = log;
    this.#checkRange(from, logStartOffset, highWatermark);
    if (from === highWatermark) {
      const first = LogIndex(appliedIndex + 1);
      const last = { index: appliedIndex, term: log.tail.last.term };
      const run = { first, last, prevChain: 0, chunks: [], byteLength: 0 };
      return { run, logStartOffset, highWatermark };
    }
    const first = this.#continuations.get(from) ?? (await log.locate(from)).index;
    const run = await this.#readIntact(first, maxBytes, appliedIndex);
    this.#remember(await log.offsetAfter(run.last.index), LogIndex(run.last.index + 1));
    return { run, logStartOffset, highWatermark };
  }

  waitBeyond(offset: Offset, options: CallOptions = {}): Promise<void> {
    return this.#waiters.wait(offset, options);
  }

  close(): void {
    this.#waiters.close();
  }

  /** Damage is never served: while it is being repaired the reader is asked to come again. */
  async #readIntact(first: LogIndex, maxBytes: number, upTo: LogIndex): Promise<FrameRun> {
    try {
      return await this.#parts.log.read(first, maxBytes, upTo);
    } catch (thrown) {
      if (!(thrown instanceof LogError) || thrown.code !== "CORRUPT") throw thrown;
      throw new LogError("UNAVAILABLE", `entry ${first} is damaged here and being repaired`, {
        hint: "try again, or read from another node",
        cause: thrown,
      });
    }
  }

  #remember(nextOffset: Offset, nextIndex: LogIndex): void {
    this.#continuations.delete(nextOffset);
    this.#continuations.set(nextOffset, nextIndex);
    if (this.#continuations.size <= MAX_CONTINUATIONS) return;
    for (const oldest of this.#continuations.keys()) {
      this.#continuations.delete(oldest);
      break;
    }
  }

  #checkRange(from: Offset, logStartOffset: Offset, highWatermark: Offset): void {
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
