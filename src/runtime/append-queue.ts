import type { LogIndex, Offset, Term } from "../common/brand.ts";
import type { LogError } from "../common/errors.ts";
import { FRAME_HEADER_BYTES, type Frame } from "../common/frame.ts";
import type { Proposal } from "../raft/events.ts";
import type { StampInput } from "../storage/types.ts";
import type { AppendAck, AppendBatch } from "./node-api.ts";

export type Settle = (result: AppendAck | LogError) => void;

/** One entry on its way into the log. */
export interface QueuedAppend {
  readonly input: StampInput;
  /** Absent for the node's own control entries: nobody waits for them. */
  readonly settle: Settle | undefined;
}

interface WaitingAppend {
  readonly index: LogIndex;
  readonly offset: Offset;
  readonly settle: Settle;
}

/** What the core is told of a group: sizes only. */
export function proposalsOf(group: readonly QueuedAppend[]): readonly Proposal[] {
  return group.map(({ input }) => ({ bytes: FRAME_HEADER_BYTES + input.payload.length }));
}

/** A client's batch as an entry to be stamped. */
export function queuedBatch(batch: AppendBatch, settle: Settle): QueuedAppend {
  const { payload, recordCount, producer } = batch;
  return { input: { type: "data", payload, recordCount, producer }, settle };
}

/**
 * Appends between arrival and acknowledgement: first gathered (not stamped: they may still be
 * refused as `failed`), then stamped and waiting for their commit (lost leadership: `unknown`).
 */
export class AppendQueue {
  readonly #maxGatheredBytes: number;
  #gathered: QueuedAppend[] = [];
  #gatheredBytes = 0;
  #waiting: WaitingAppend[] = [];
  /** Position in #waiting of the first that is not settled: shifting an array costs. */
  #settled = 0;

  constructor(maxGatheredBytes: number) {
    this.#maxGatheredBytes = maxGatheredBytes;
  }

  get gathered(): number {
    return this.#gathered.length;
  }

  /** Stamped and not yet settled. */
  get waiting(): number {
    return this.#waiting.length - this.#settled;
  }

  /** False when the queue is full; the append was not taken. */
  gather(append: QueuedAppend): boolean {
    const bytes = FRAME_HEADER_BYTES + append.input.payload.length;
    if (this.#gatheredBytes + bytes > this.#maxGatheredBytes && this.#gathered.length > 0)
      return false;
    this.#gathered.push(append);
    this.#gatheredBytes += bytes;
    return true;
  }

  /** Everything gathered so far, as one group. */
  takeGathered(): QueuedAppend[] {
    const group = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return group;
  }

  stamped(append: QueuedAppend, frame: Frame): void {
    const { settle } = append;
    if (settle === undefined) return;
    this.#waiting.push({ index: frame.header.index, offset: frame.header.baseOffset, settle });
  }

  /** Acknowledges everything stamped up to `index`, which committed in `term`. */
  acknowledge(index: LogIndex, term: Term): void {
    let at = this.#settled;
    for (; at < this.#waiting.length; at++) {
      const waiting = this.#waiting[at];
      if (waiting === undefined || waiting.index > index) break;
      waiting.settle({ offset: waiting.offset, term, index: waiting.index });
    }
    this.#settled = at;
    if (at > 1024 && at * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(at);
      this.#settled = 0;
    }
  }

  /** Leadership is gone: what was stamped is undecided, what was gathered was never stamped. */
  abandon(unknown: LogError, failed: LogError): void {
    const waiting = this.#waiting.slice(this.#settled);
    this.#waiting = [];
    this.#settled = 0;
    for (const { settle } of waiting) settle(unknown);
    for (const { settle } of this.takeGathered()) settle?.(failed);
  }
}
