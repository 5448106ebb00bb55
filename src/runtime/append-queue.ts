import { LogIndex, Offset, type Term } from "../common/brand.ts";
import type { LogError } from "../common/errors.ts";
import { type EntryType, FRAME_HEADER_BYTES, type ProducerStamp } from "../common/frame.ts";
import type { Proposal } from "../raft/events.ts";
import type { StampInput } from "../storage/types.ts";
import type { AppendAck, AppendBatch } from "./node-api.ts";

export type Settle = (result: AppendAck | LogError) => void;

const NO_PAYLOAD = new Uint8Array(0);

/**
 * One entry on its way into the log, from its arrival to its acknowledgement: a single object,
 * since there is one for every append. What the core is told of it is `bytes`.
 */
export class QueuedAppend implements StampInput, Proposal {
  readonly type: EntryType;
  readonly recordCount: number;
  readonly producer: ProducerStamp | undefined;
  /** Of its frame. */
  readonly bytes: number;
  /** Absent for the node's own entries: nobody waits for them. */
  readonly settle: Settle | undefined;
  /** It leads to free space, and is taken although the disks are full. */
  readonly makesRoom: boolean;
  #payload: Uint8Array;
  #index = LogIndex(0);
  #offset = Offset(0);

  constructor(type: EntryType, batch: AppendBatch, settle: Settle | undefined, makesRoom = false) {
    this.type = type;
    this.#payload = batch.payload;
    this.recordCount = batch.recordCount;
    this.producer = batch.producer;
    this.bytes = FRAME_HEADER_BYTES + batch.payload.length;
    this.settle = settle;
    this.makesRoom = makesRoom;
  }

  /** Empty once it is stamped: the frame holds it. */
  get payload(): Uint8Array {
    return this.#payload;
  }

  /** 0 before it is stamped. */
  get index(): LogIndex {
    return this.#index;
  }

  stamped(index: LogIndex, offset: Offset): void {
    this.#index = index;
    this.#offset = offset;
    this.#payload = NO_PAYLOAD;
  }

  acknowledge(term: Term): void {
    this.settle?.({ offset: this.#offset, term, index: this.#index });
  }
}

/**
 * Appends between arrival and acknowledgement: first gathered (not stamped: they may still be
 * refused as `failed`), then stamped and waiting for their commit (lost leadership: `unknown`).
 */
export class AppendQueue {
  readonly #maxGatheredBytes: number;
  #gathered: QueuedAppend[] = [];
  #gatheredBytes = 0;
  #waiting: QueuedAppend[] = [];
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
    const { bytes } = append;
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

  stamped(append: QueuedAppend, index: LogIndex, offset: Offset): void {
    append.stamped(index, offset);
    if (append.settle !== undefined) this.#waiting.push(append);
  }

  /** Acknowledges everything stamped up to `index`, which committed in `term`. */
  acknowledge(index: LogIndex, term: Term): void {
    let at = this.#settled;
    for (; at < this.#waiting.length; at++) {
      const waiting = this.#waiting[at];
      if (waiting === undefined || waiting.index > index) break;
      waiting.acknowledge(term);
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
    for (const { settle } of waiting) settle?.(unknown);
    for (const { settle } of this.takeGathered()) settle?.(failed);
  }
}
