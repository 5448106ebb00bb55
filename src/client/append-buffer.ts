import { LogError } from "../common/errors.ts";
import { abandoned, type PendingAppend, type SentBatch } from "./pending-append.ts";

/** How appends are gathered into batches. */
export interface BatchLimits {
  readonly batchBytes: number;
  readonly batchRecords: number;
}

/**
 * Appends between the caller and the acknowledgement: first queued (certainly not written), then
 * sent in batches, in order of sequence. Every append is settled exactly once.
 */
export class AppendBuffer {
  readonly #limits: BatchLimits;
  #queue: PendingAppend[] = [];
  #head = 0;
  readonly #sent = new Map<number, SentBatch>();
  #nextSequence = 0;
  #nextSerial = 0;
  #bytes = 0;
  #queuedBytes = 0;
  #queuedRecords = 0;
  /** Called after every change that may let somebody go on. */
  onSettled: () => void = () => undefined;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sentBatches(): number {
    return this.#sent.size;
  }

  get queued(): number {
    return this.#queue.length - this.#head;
  }

  get empty(): boolean {
    return this.queued === 0 && this.#sent.size === 0;
  }

  /** Serial of the newest append. */
  get lastSerial(): number {
    return this.#nextSerial - 1;
  }

  /** Serial of the oldest append that is not settled; past the newest when all are. */
  get oldestSerial(): number {
    for (const append of this.unsettled()) return append.serial;
    return this.#nextSerial;
  }

  /** A batch's worth is waiting: lingering gains nothing. */
  get batchReady(): boolean {
    const { batchBytes, batchRecords } = this.#limits;
    return this.#queuedBytes >= batchBytes || this.#queuedRecords >= batchRecords;
  }

  /** Batches without a verdict, in order of sequence. */
  sent(): IterableIterator<SentBatch> {
    return this.#sent.values();
  }

  push(append: PendingAppend): void {
    append.serial = this.#nextSerial++;
    this.#queue.push(append);
    this.#bytes += append.bytes;
    this.#queuedBytes += append.payload.length;
    this.#queuedRecords += append.recordCount;
  }

  /** The next batch out of the queue, now sent. Undefined when nothing waits. */
  take(): SentBatch | undefined {
    const appends: PendingAppend[] = [];
    let bytes = 0;
    let recordCount = 0;
    for (; this.#head < this.#queue.length; this.#head++) {
      const append = this.#queue[this.#head] as PendingAppend;
      if (append.state === "settled") continue;
      const full =
        bytes + append.payload.length > this.#limits.batchBytes ||
        recordCount + append.recordCount > this.#limits.batchRecords;
      if (full && appends.length > 0) break;
      append.state = "sent";
      bytes += append.payload.length;
      recordCount += append.recordCount;
      appends.push(append);
    }
    this.#queuedBytes -= bytes;
    this.#queuedRecords -= recordCount;
    this.#shrink();
    const [first] = appends;
    if (first === undefined) return undefined;
    const payload =
      appends.length === 1 ? first.payload : Buffer.concat(appends.map((each) => each.payload));
    const sequence = this.#nextSequence;
    this.#nextSequence += recordCount;
    const batch = { sequence, recordCount, payload, appends, maybeWritten: true };
    this.#sent.set(sequence, batch);
    return batch;
  }

  /** The batch whose first record has `sequence` is written. False when none is known. */
  acknowledge(sequence: number, offset: number, term: number, index: number): boolean {
    const batch = this.#sent.get(sequence);
    if (batch === undefined) return false;
    this.#sent.delete(sequence);
    let next = offset;
    for (const append of batch.appends) {
      this.#bytes -= append.bytes;
      if (append.state !== "settled") {
        append.state = "settled";
        append.written(next, term, index);
      }
      next += append.recordCount;
    }
    this.onSettled();
    return true;
  }

  /** The leader's word on one batch: not written, not to be sent again. */
  refuse(sequence: number, error: LogError): void {
    const batch = this.#sent.get(sequence);
    if (batch !== undefined) this.#drop(batch, error);
  }

  batch(sequence: number): SentBatch | undefined {
    return this.#sent.get(sequence);
  }

  /** Forgets sent batches that nobody waits for: they must not be sent again. */
  dropAbandoned(): void {
    for (const batch of this.#sent.values())
      if (abandoned(batch)) this.#drop(batch, new LogError("ABORTED", "nobody waits for it"));
  }

  /**
   * Takes what nobody waits for out of batches that are certainly not written: an append that was
   * told "failed" must never be written later, and one told "unknown" need not be.
   */
  regroup(): void {
    for (const batch of this.#sent.values()) {
      const appends = batch.appends.filter(({ state }) => state !== "settled");
      if (appends.length === batch.appends.length) continue;
      for (const { state, bytes } of batch.appends) if (state === "settled") this.#bytes -= bytes;
      if (appends.length === 0) this.#sent.delete(batch.sequence);
      else
        this.#sent.set(batch.sequence, {
          ...batch,
          appends,
          payload: Buffer.concat(appends.map(({ payload }) => payload)),
          recordCount: appends.reduce((sum, { recordCount }) => sum + recordCount, 0),
        });
    }
    this.onSettled();
  }

  /** Settles one append before its verdict; what was sent may still be written. */
  giveUp(append: PendingAppend, error: LogError): void {
    if (append.state === "settled") return;
    if (append.state === "queued") this.#unqueue(append);
    append.state = "settled";
    append.reject(error);
    this.onSettled();
  }

  /** Settles everything: `queued` for what was never sent, `sent` for what may be written. */
  rejectAll(queued: LogError, sent: LogError): void {
    for (const batch of this.#sent.values()) this.#drop(batch, batch.maybeWritten ? sent : queued);
    for (const append of this.#queue.slice(this.#head)) this.giveUp(append, queued);
    this.#head = this.#queue.length;
    this.#shrink();
  }

  /** Every append that is not settled, oldest first. */
  *unsettled(): Generator<PendingAppend> {
    for (const { appends } of this.#sent.values())
      for (const append of appends) if (append.state !== "settled") yield append;
    for (let i = this.#head; i < this.#queue.length; i++) {
      const append = this.#queue[i] as PendingAppend;
      if (append.state !== "settled") yield append;
    }
  }

  #drop(batch: SentBatch, error: LogError): void {
    this.#sent.delete(batch.sequence);
    for (const append of batch.appends) {
      this.#bytes -= append.bytes;
      if (append.state === "settled") continue;
      append.state = "settled";
      append.reject(error);
    }
    this.onSettled();
  }

  #unqueue(append: PendingAppend): void {
    this.#bytes -= append.bytes;
    this.#queuedBytes -= append.payload.length;
    this.#queuedRecords -= append.recordCount;
  }

  /** The queue is an array with a moving head: shifting would cost by its length. */
  #shrink(): void {
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 4096 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
