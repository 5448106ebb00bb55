import { type Deferred, deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES } from "../common/limits.ts";
import { type BatchRecord, encodeRecordBatch, recordSize } from "../wire/record-batch.ts";
import { AppendBuffer } from "./append-buffer.ts";
import { type CallOptions, checkCallOptions } from "./call-options.ts";
import { type ClientContext, openScope } from "./calls.ts";
import { type Codec, codecs } from "./codec.ts";
import { DeadlineSweep } from "./deadline-sweep.ts";
import type { AppendAck, PendingAppend } from "./pending-append.ts";
import { type ProducerLimits, type ProducerOptions, producerLimits } from "./producer-options.ts";
import { ProducerSession } from "./producer-session.ts";
import { ProducerPump } from "./producer-pump.ts";
import { type AppendInput, toBatchRecord } from "./record.ts";
import { abortError } from "./scope.ts";
import { SignalWatch } from "./signal-watch.ts";

/** Appends records in order; each is written at most once, whatever connections do meanwhile. */
export interface Producer<V = Uint8Array> extends AsyncDisposable {
  /** One record; shares an entry of the log with its neighbours. */
  append(input: AppendInput<V>, options?: CallOptions): Promise<AppendAck>;
  /** All or none, at consecutive offsets, in one entry of the log. */
  appendBatch(inputs: readonly AppendInput<V>[], options?: CallOptions): Promise<AppendAck[]>;
  /** Bytes of appends that are not settled, with what each costs besides its record. */
  readonly bufferedBytes: number;
  /** Resolves when the buffer is below half of `maxBufferedBytes`. */
  drain(options?: CallOptions): Promise<void>;
  /** Sends what lingers; resolves when everything appended so far is settled, well or badly. */
  flush(options?: CallOptions): Promise<void>;
  /** Flushes, then ends. Later appends are refused with `CLOSED`. */
  close(): Promise<void>;
}

/** A promise and the objects around one append, so that a flood of tiny records is bounded too. */
const APPEND_OVERHEAD_BYTES = 256;

interface Waiter extends Deferred<void> {
  readonly done: () => boolean;
}

export class LogProducer<V> implements Producer<V> {
  readonly #context: ClientContext;
  readonly #codec: Codec<V>;
  readonly #limits: ProducerLimits;
  readonly #buffer: AppendBuffer;
  readonly #session: ProducerSession;
  readonly #pump: ProducerPump;
  readonly #sweep: DeadlineSweep;
  readonly #signals = new SignalWatch<PendingAppend>((append, reason) =>
    this.#giveUp(append, abortError(reason)),
  );
  readonly #waiters = new Set<Waiter>();
  readonly #onClosed: () => void;
  #lastFailure: LogError | undefined;
  #closed: LogError | undefined;

  constructor(context: ClientContext, options: ProducerOptions<V>, closed: () => void) {
    this.#context = context;
    this.#onClosed = closed;
    this.#codec = options.codec ?? (codecs.bytes as unknown as Codec<V>);
    this.#limits = producerLimits(options);
    this.#buffer = new AppendBuffer(this.#limits);
    this.#buffer.onSettled = () => this.#settled();
    this.#session = new ProducerSession(context, this.#buffer, {
      ready: () => {
        this.#lastFailure = undefined;
        this.#pump.schedule();
      },
      progressed: () => this.#pump.schedule(),
      failed: (error) => {
        this.#lastFailure = error;
      },
    });
    this.#pump = new ProducerPump(context.ports, this.#limits, this.#buffer, this.#session);
    this.#sweep = new DeadlineSweep(context.ports, (nowMs) => this.#expire(nowMs));
  }

  get bufferedBytes(): number {
    return this.#buffer.bytes;
  }

  // One promise an append: whatever its executor throws rejects it.
  append(input: AppendInput<V>, options: CallOptions = {}): Promise<AppendAck> {
    return new Promise((resolve, reject) => {
      const record = toBatchRecord(input, this.#codec);
      checkRecord(record, 0);
      this.#enqueue([record], options, reject, (offset, term, index) =>
        resolve({ offset, term, index, duplicate: false }),
      );
    });
  }

  appendBatch(inputs: readonly AppendInput<V>[], options: CallOptions = {}): Promise<AppendAck[]> {
    return new Promise((resolve, reject) => {
      if (inputs.length === 0 || inputs.length > MAX_BATCH_RECORDS)
        throw new LogError("INVALID_ARGUMENT", `a batch of ${inputs.length} records`, {
          hint: `a batch has 1 to ${MAX_BATCH_RECORDS} records`,
        });
      const records = inputs.map((input) => toBatchRecord(input, this.#codec));
      for (const [i, record] of records.entries()) checkRecord(record, i);
      this.#enqueue(records, options, reject, (first, term, index) =>
        resolve(records.map((_, i) => ({ offset: first + i, term, index, duplicate: false }))),
      );
    });
  }

  drain(options: CallOptions = {}): Promise<void> {
    const low = this.#limits.maxBufferedBytes / 2;
    return this.#wait(() => this.#buffer.bytes < low, options);
  }

  async flush(options: CallOptions = {}): Promise<void> {
    const last = this.#buffer.lastSerial;
    const release = this.#pump.hurry();
    try {
      await this.#wait(() => this.#buffer.oldestSerial > last, options);
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    this.#closed ??= new LogError("CLOSED", "the producer is closed");
    // Every append has a deadline, so this ends.
    await this.flush({ timeoutMs: Number.MAX_SAFE_INTEGER }).catch(() => undefined);
    this.#sweep.stop();
    this.#pump.stop();
    this.#session.close(this.#closed);
    this.#onClosed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue(
    records: readonly BatchRecord[],
    options: CallOptions,
    reject: PendingAppend["reject"],
    written: PendingAppend["written"],
  ): void {
    if (this.#closed !== undefined) throw this.#closed;
    checkCallOptions(options);
    const payload = encodeRecordBatch(records);
    if (payload.length > MAX_BATCH_BYTES) throw batchTooLarge(payload.length);
    const bytes = payload.length + APPEND_OVERHEAD_BYTES;
    this.#checkRoom(bytes);
    const { clock } = this.#context.ports;
    const timeoutMs = options.timeoutMs ?? this.#context.policy.maxElapsedMs;
    const deadlineMs = clock.nowMs() + timeoutMs;
    const append: PendingAppend = {
      payload,
      recordCount: records.length,
      bytes,
      deadlineMs,
      written: (offset, term, index) => {
        this.#context.session.saw(offset + records.length);
        written(offset, term, index);
      },
      reject,
      serial: 0,
      state: "queued",
    };
    const { signal } = options;
    this.#buffer.push(signal === undefined ? append : this.#followSignal(append, signal));
    this.#sweep.watch(deadlineMs);
    this.#session.wake();
    this.#pump.schedule();
  }

  #checkRoom(bytes: number): void {
    const { maxBufferedBytes } = this.#limits;
    if (this.#buffer.bytes + bytes <= maxBufferedBytes || this.#buffer.bytes === 0) return;
    throw new LogError(
      "BACKPRESSURE",
      `${this.#buffer.bytes} bytes are buffered; the limit is ${maxBufferedBytes}`,
      { hint: "await producer.drain() before appending more" },
    );
  }

  /** Gives the append up when its signal is aborted, and lets the signal go when it is settled. */
  #followSignal(append: PendingAppend, signal: AbortSignal): PendingAppend {
    const followed: PendingAppend = {
      ...append,
      written: (offset, term, index) => {
        this.#signals.remove(signal, followed);
        append.written(offset, term, index);
      },
      reject: (error) => {
        this.#signals.remove(signal, followed);
        append.reject(error);
      },
    };
    this.#signals.add(signal, followed);
    return followed;
  }

  /** The caller waits no more. What was sent may be written all the same. */
  #giveUp(append: PendingAppend, why: LogError): void {
    const sent = append.state === "sent";
    const last = this.#lastFailure;
    if (!sent && why.code === "TIMEOUT" && last !== undefined) {
      const { code, leader, term, hint } = last;
      const message = `${last.message} (gave up: ${why.message})`;
      return this.#buffer.giveUp(
        append,
        new LogError(code, message, { leader, term, hint, cause: last }),
      );
    }
    const hint = sent
      ? "it may still be written: read from the last acknowledged offset on to find out"
      : "it was never sent";
    const outcome = sent ? "unknown" : "failed";
    const cause = last ?? why.cause;
    this.#buffer.giveUp(append, new LogError(why.code, why.message, { outcome, hint, cause }));
  }

  #expire(nowMs: number): number | undefined {
    let next: number | undefined;
    const over: PendingAppend[] = [];
    for (const append of this.#buffer.unsettled()) {
      if (append.deadlineMs <= nowMs) over.push(append);
      else if (next === undefined || append.deadlineMs < next) next = append.deadlineMs;
    }
    const error = new LogError("TIMEOUT", "no acknowledgement came in the time allowed");
    for (const append of over) this.#giveUp(append, error);
    return next;
  }

  #settled(): void {
    for (const waiter of this.#waiters) if (waiter.done()) waiter.resolve();
  }

  async #wait(done: () => boolean, options: CallOptions): Promise<void> {
    if (done()) return;
    using scope = openScope(this.#context, options);
    const waiter: Waiter = { ...deferred<void>(), done };
    scope.signal.addEventListener("abort", () => waiter.reject(scope.signal.reason));
    this.#waiters.add(waiter);
    try {
      await waiter.promise;
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}

function checkRecord(record: BatchRecord, position: number): void {
  const size = recordSize(record);
  if (size <= MAX_RECORD_BYTES) return;
  const which = position === 0 ? "the record" : `record ${position + 1} of the batch`;
  throw new LogError(
    "RECORD_TOO_LARGE",
    `${which} has ${size} bytes with key and headers; the limit is ${MAX_RECORD_BYTES}`,
    { hint: "store the large value elsewhere and append its name" },
  );
}

function batchTooLarge(bytes: number): LogError {
  return new LogError(
    "RECORD_TOO_LARGE",
    `the batch has ${bytes} bytes; the limit is ${MAX_BATCH_BYTES}`,
    { hint: "append fewer records in one batch" },
  );
}
