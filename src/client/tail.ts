import { LogError } from "../common/errors.ts";
import { iterateFrames } from "../wire/frame-records.ts";
import type {
  OffsetsResponse,
  TailRequest,
  TailResponse,
  WireConsistency,
} from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import { type CallOptions, checkCallOptions } from "./call-options.ts";
import { callAnyMember, type ClientContext, gaveUp, withAddress } from "./calls.ts";
import { type Codec, codecs } from "./codec.ts";
import { type LogRecord, recordsOf } from "./record.ts";
import { Backoff, worthRetrying } from "./retry.ts";
import { callStream } from "./rpc.ts";
import { Scope } from "./scope.ts";
import { sleep } from "./sleep.ts";
import { checkTailOptions, type From, type TailOptions } from "./tail-options.ts";

/**
 * Records in order, from any node, without gap or repetition. When a node or the leader is lost it
 * goes on elsewhere at its position. One loop at a time; a later loop goes on where one was left.
 */
export interface Tail<V = Uint8Array> extends AsyncIterable<LogRecord<V>>, AsyncDisposable {
  /** The same records, an array for each entry's worth or more: one await per array. */
  batches(): AsyncIterable<LogRecord<V>[]>;
  /** Offset of the next record; `undefined` before the start was looked up. */
  readonly position: number | undefined;
  /** Records between the position and the last high watermark heard of. */
  readonly lag: number;
  /** Ends the loop that is under way. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 256 * 1024;

export class LogTail<V> implements Tail<V> {
  readonly #context: ClientContext;
  readonly #options: TailOptions<V>;
  readonly #codec: Codec<V>;
  readonly #consistency: WireConsistency;
  readonly #closing = new AbortController();
  #position: number | undefined;
  #end: number | undefined;
  #highWatermark = 0;
  #iterating = false;

  constructor(context: ClientContext, options: TailOptions<V>) {
    checkTailOptions(options);
    checkCallOptions({ timeoutMs: options.timeoutMs });
    this.#context = context;
    this.#options = options;
    this.#codec = options.codec ?? (codecs.bytes as unknown as Codec<V>);
    this.#consistency =
      options.consistency === "local" ? "CONSISTENCY_LOCAL" : "CONSISTENCY_LINEARIZABLE";
  }

  get position(): number | undefined {
    return this.#position;
  }

  get lag(): number {
    return Math.max(0, this.#highWatermark - (this.#position ?? 0));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord<V>, void, void> {
    for await (const batch of this.#iterate()) {
      for (const record of batch) {
        this.#position = record.offset + 1;
        yield record;
      }
    }
  }

  async *batches(): AsyncGenerator<LogRecord<V>[], void, void> {
    for await (const batch of this.#iterate()) {
      this.#position = (batch.at(-1)?.offset ?? 0) + 1;
      yield batch;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#iterate(): AsyncGenerator<LogRecord<V>[], void, void> {
    if (this.#iterating)
      throw new LogError("INVALID_ARGUMENT", "the tail is already being read", {
        hint: "make another tail for a second loop",
      });
    this.#iterating = true;
    const { signal, timeoutMs } = this.#options;
    using scope = new Scope().follow(this.#context.closing);
    scope.follow(this.#closing.signal).follow(signal);
    if (timeoutMs !== undefined) scope.limit(this.#context.ports.scheduler, timeoutMs);
    try {
      yield* this.#resuming(scope.signal);
    } catch (thrown) {
      // Stopping is what was asked for; running out of time, or of a client, is not.
      if (!this.#closing.signal.aborted && signal?.aborted !== true) throw thrown;
    } finally {
      this.#iterating = false;
    }
  }

  /** Streams one after the other, each from where the last one broke. */
  async *#resuming(signal: AbortSignal): AsyncGenerator<LogRecord<V>[], void, void> {
    const { view, ports, policy } = this.#context;
    const backoff = new Backoff(policy, ports.random);
    let lostMs: number | undefined;
    await this.#lookUp({ signal });
    while (!this.#done) {
      const address = view.anyMember();
      try {
        for await (const batch of this.#stream(address, signal)) {
          lostMs = undefined;
          backoff.reset();
          if (batch.length > 0) yield batch;
          if (this.#done) return;
        }
        throw new LogError("UNAVAILABLE", "the node ended the stream");
      } catch (thrown) {
        const error = LogError.from(thrown);
        if (signal.aborted) throw error;
        if (this.#skipped(error)) continue;
        const nowMs = ports.clock.nowMs();
        lostMs ??= nowMs;
        this.#checkPatience(withAddress(error, address), nowMs - lostMs);
        view.avoid(address);
      }
      await sleep(ports.scheduler, backoff.next(), signal);
    }
  }

  /** @throws the error when it is pointless to go on, or has been for too long */
  #checkPatience(error: LogError, lostForMs: number): void {
    const { policy } = this.#context;
    const passing = worthRetrying(error) || error.code === "TIMEOUT" || error.code === "ABORTED";
    if (!policy.enabled || !passing) throw error;
    if (lostForMs < policy.maxElapsedMs) return;
    throw gaveUp(new LogError("TIMEOUT", "no node serves the tail"), error, lostForMs);
  }

  get #done(): boolean {
    return this.#end !== undefined && (this.#position ?? 0) >= this.#end;
  }

  /** True when the position was moved over what was trimmed. */
  #skipped(error: LogError): boolean {
    const { logStartOffset } = error;
    if (error.code !== "OFFSET_TRIMMED" || this.#options.onTrimmed !== "skip-to-start")
      return false;
    if (logStartOffset === undefined || logStartOffset <= (this.#position ?? 0)) return false;
    this.#position = logStartOffset;
    return true;
  }

  async *#stream(address: string, signal: AbortSignal): AsyncGenerator<LogRecord<V>[], void, void> {
    const request: TailRequest = {
      fromOffset: this.#position ?? 0,
      consistency: this.#consistency,
      rawFrames: true,
      maxBytes: this.#options.maxBytes ?? DEFAULT_MAX_BYTES,
      minHighWatermark: this.#bound,
    };
    const client = this.#context.connections.get(address);
    for await (const message of callStream(client, logService().Tail, request, signal)) {
      this.#heard(message.highWatermark);
      yield this.#decode(message);
      const next = Math.min(message.nextOffset, this.#end ?? message.nextOffset);
      if (next <= (this.#position ?? 0)) continue;
      // Nothing is left between the last record and there; it may be the end that is waited for.
      this.#position = next;
      yield [];
    }
  }

  /** The records of one message that were not delivered yet and lie before the end. */
  #decode({ frames, compactedTo }: TailResponse): LogRecord<V>[] {
    const all: LogRecord<V>[] = [];
    let position = this.#position ?? 0;
    for (const frame of iterateFrames(frames)) {
      const { type, baseOffset, recordCount } = frame.header;
      if (type !== "data" || baseOffset + recordCount <= position) continue;
      if (baseOffset > position && baseOffset > compactedTo) throw gap(position, baseOffset);
      for (const record of recordsOf(frame, position, this.#codec)) all.push(record);
      position = baseOffset + recordCount;
    }
    const end = this.#end;
    return end === undefined || position <= end ? all : all.filter(({ offset }) => offset < end);
  }

  /** Turns `from` and `to` into offsets, once. */
  async #lookUp(options: CallOptions): Promise<void> {
    const { from = "start", to } = this.#options;
    if (this.#position === undefined) this.#position = await this.#startOf(from, options);
    if (to === undefined || this.#end !== undefined) return;
    this.#end = to === "end" ? (await this.#offsets(options)).highWatermark : to;
  }

  async #startOf(from: From, options: CallOptions): Promise<number> {
    if (typeof from === "object" && "offset" in from) return from.offset;
    const atTimestamp =
      typeof from === "object" && "timestamp" in from ? Number(from.timestamp) : undefined;
    const answer = await this.#offsets(options, atTimestamp);
    const { logStartOffset, highWatermark, offsetAtTimestamp = highWatermark } = answer;
    if (from === "start") return logStartOffset;
    if (from === "end") return highWatermark;
    return "last" in from
      ? Math.max(logStartOffset, highWatermark - from.last)
      : Math.max(logStartOffset, offsetAtTimestamp);
  }

  async #offsets(options: CallOptions, atTimestamp?: number): Promise<OffsetsResponse> {
    const minHighWatermark = this.#bound;
    const request = { consistency: this.#consistency, atTimestamp, minHighWatermark };
    const answer = await callAnyMember(this.#context, logService().Offsets, request, options);
    this.#heard(answer.highWatermark);
    return answer;
  }

  get #bound(): number | undefined {
    return this.#options.session === true ? this.#context.session.seenEnd : undefined;
  }

  #heard(highWatermark: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, highWatermark);
    this.#context.session.saw(highWatermark);
  }
}

function gap(position: number, baseOffset: number): LogError {
  return new LogError("CORRUPT", `after offset ${position - 1} came ${baseOffset}`, {
    hint: "a node served a log with a hole: run `balsa verify` on it",
  });
}
