import { LogError } from "../common/errors.ts";
import { type Random, randomInteger } from "../common/random.ts";
import type { AppendAcks, AppendFailure, ProducerOpened } from "../wire/log-messages.ts";
import type { AppendBuffer } from "./append-buffer.ts";
import { AppendChannel } from "./append-channel.ts";
import { failureError } from "./append-failure.ts";
import { type ClientContext, withAddress } from "./calls.ts";
import { evidence } from "./evidence.ts";
import { markWritten } from "./pending-append.ts";
import { Backoff, worthRetrying } from "./retry.ts";
import { Scope } from "./scope.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { sleep } from "./sleep.ts";

/** A node that does not open the stream within this is passed over: it may be paused. */
const OPEN_TIMEOUT_MS = 3000;

/**
 * A cluster that lost its leader has the next one within a few tenths of a second. So long it is
 * asked for often: waits that double would outlast the election, and then be the outage.
 */
const ELECTION_MS = 1000;
const ELECTION_PAUSE_MS = 50;

/** What a session tells its producer. */
export interface SessionEvents {
  /** The stream is open and settled: appends may flow. */
  ready(): void;
  /** A verdict came, or the connection takes more. */
  progressed(): void;
  /** An attempt failed; another follows. */
  failed(error: LogError): void;
}

/**
 * Keeps one stream to the leader while there is something to append. After every loss it opens
 * the next stream under a new epoch, settles by evidence what was sent and not acknowledged, sends
 * the rest again in order, and only then lets new appends through (see docs/client.md).
 */
export class ProducerSession {
  readonly #context: ClientContext;
  readonly #buffer: AppendBuffer;
  readonly #events: SessionEvents;
  readonly #producerId: number;
  readonly #backoff: Backoff;
  readonly #closing = new Scope();
  /** When the attempts began to fail; undefined while appends are acknowledged. */
  #failingSinceMs: number | undefined;
  #epoch = 0;
  #running = false;
  #channel: AppendChannel | undefined;
  /** Offset after the last record known to be acknowledged. */
  #acknowledgedEnd = 0;
  /**
   * Barrier of the stream on which the sent batches went out: they lie at or past it, wherever
   * they survive. Never that of an earlier stream: its leader's tail may have been rolled back.
   */
  #barrier = 0;
  /** Term of that stream's leader. One of an older term knows nothing of what was sent to it. */
  #term = 0;

  constructor(context: ClientContext, buffer: AppendBuffer, events: SessionEvents) {
    this.#context = context;
    this.#buffer = buffer;
    this.#events = events;
    this.#producerId = randomProducerId(context.ports.random);
    this.#backoff = new Backoff(context.policy, context.ports.random);
  }

  /** The open and settled stream; undefined while there is none. */
  get channel(): AppendChannel | undefined {
    return this.#channel;
  }

  /** Something was appended. */
  wake(): void {
    if (this.#running || this.#closing.signal.aborted) return;
    this.#running = true;
    void this.#run();
  }

  close(error: LogError): void {
    this.#closing.end(error);
    this.#channel?.finish();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    let hinted = false;
    while (!this.#buffer.empty && !this.#closing.signal.aborted) {
      const address = this.#context.view.leaderOrNext();
      const reason = withAddress(await this.#serve(address), address);
      const named = this.#context.view.leaderFailed(address, reason);
      this.#buffer.dropAbandoned();
      if (this.#buffer.empty) break;
      if (!this.#context.policy.enabled || isFinal(reason)) this.#rejectAll(reason);
      this.#events.failed(reason);
      // A named leader is asked at once, but two nodes that name each other are not asked in turn.
      hinted = named && !hinted;
      if (!hinted) await this.#pause();
    }
    this.#running = false;
  }

  async #pause(): Promise<void> {
    const { clock, scheduler } = this.#context.ports;
    this.#failingSinceMs ??= clock.nowMs();
    const electing = clock.nowMs() - this.#failingSinceMs < ELECTION_MS;
    const pauseMs = this.#backoff.next(electing ? ELECTION_PAUSE_MS : undefined);
    await sleep(scheduler, pauseMs, this.#closing.signal).catch(() => undefined);
  }

  /** One stream from open to end; resolves with why it ended. */
  async #serve(address: string): Promise<LogError> {
    const client = this.#context.connections.get(address);
    const open = { producerId: this.#producerId, producerEpoch: ++this.#epoch };
    const channel = new AppendChannel(client, open, {
      acknowledged: (acks) => this.#acknowledged(acks),
      failed: (failure) => this.#failed(failure),
      writable: () => this.#events.progressed(),
      heard: () => watch.heard(),
    });
    let term = this.#term;
    using watch = new SilenceWatch(this.#context, {
      address,
      due: () => this.#channel !== channel || this.#buffer.sentBatches > 0,
      term: () => term,
      superseded: (reason) => channel.cancel(reason),
    });
    using scope = new Scope().follow(this.#closing.signal);
    void channel.ended.then((reason) => scope.end(reason));
    try {
      const opened = await this.#opened(channel);
      refuseDeposed(opened, this.#term);
      term = opened.term;
      this.#context.view.leaderFound(address, { id: opened.leaderId, term: opened.term });
      await this.#settle(address, opened, scope.signal);
      this.#barrier = opened.barrier;
      this.#term = opened.term;
      this.#resend(channel);
      this.#channel = channel;
      this.#events.ready();
      return await channel.ended;
    } catch (thrown) {
      return LogError.from(thrown);
    } finally {
      this.#channel = undefined;
      channel.cancel(new LogError("ABORTED", "the stream is not needed any more"));
    }
  }

  async #opened(channel: AppendChannel): Promise<ProducerOpened> {
    const cancel = this.#context.ports.scheduler.after(OPEN_TIMEOUT_MS, () =>
      channel.cancel(new LogError("UNAVAILABLE", `no answer within ${OPEN_TIMEOUT_MS} ms`)),
    );
    try {
      return await channel.opened;
    } finally {
      cancel();
    }
  }

  /** Finds out which of the sent batches are in the log. Throws when it cannot be known here. */
  async #settle(address: string, opened: ProducerOpened, signal: AbortSignal): Promise<void> {
    if (![...this.#buffer.sent()].some(({ maybeWritten }) => maybeWritten)) return;
    const { barrier } = opened;
    const from = Math.max(this.#acknowledgedEnd, this.#barrier);
    const client = this.#context.connections.get(address);
    const range = { producerId: this.#producerId, from, barrier };
    try {
      for await (const header of evidence(client, range, signal)) {
        const sequence = header.producer?.sequence ?? 0;
        this.#acknowledge(sequence, header.baseOffset, header.term, header.index);
      }
    } catch (thrown) {
      const error = LogError.from(thrown);
      if (error.code !== "OFFSET_TRIMMED") throw error;
      this.#rejectUnprovable(error);
    }
    for (const batch of this.#buffer.sent()) markWritten(batch, false);
  }

  /** What the log says is not there is sent again, under the same sequences and in order. */
  #resend(channel: AppendChannel): void {
    this.#buffer.regroup();
    for (const batch of this.#buffer.sent()) {
      markWritten(batch, true);
      channel.send([batch]);
    }
  }

  #acknowledged({ term, sequences, offsets, indexes }: AppendAcks): void {
    this.#backoff.reset();
    this.#failingSinceMs = undefined;
    for (let i = 0; i < sequences.length; i++)
      this.#acknowledge(sequences[i] as number, offsets[i] as number, term, indexes[i] as number);
    this.#events.progressed();
  }

  #acknowledge(sequence: number, offset: number, term: number, index: number): void {
    const batch = this.#buffer.batch(sequence);
    if (batch === undefined) return;
    this.#acknowledgedEnd = Math.max(this.#acknowledgedEnd, offset + batch.recordCount);
    this.#buffer.acknowledge(sequence, offset, term, index);
  }

  #failed(failure: AppendFailure): void {
    const batch = this.#buffer.batch(failure.sequence);
    if (batch === undefined) return;
    const error = failureError(failure);
    if (error.outcome === "failed") markWritten(batch, false);
    // What may be tried again waits for the end of the stream, which comes next.
    if (error.outcome === "failed" && isFinal(error)) {
      this.#buffer.refuse(failure.sequence, error);
      this.#events.progressed();
    }
  }

  /** The part of the log that held the evidence is gone. What was certainly not written goes on. */
  #rejectUnprovable(error: LogError): void {
    const { logStartOffset } = error;
    const message = "the log was trimmed before the append's fate could be read";
    const unknown = new LogError("OFFSET_TRIMMED", message, { outcome: "unknown", logStartOffset });
    for (const batch of this.#buffer.sent())
      if (batch.maybeWritten) this.#buffer.refuse(batch.sequence, unknown);
  }

  #rejectAll(reason: LogError): void {
    const { code, message, leader, term, hint } = reason;
    const sent = new LogError(code, message, { outcome: "unknown", leader, term, hint });
    this.#buffer.rejectAll(new LogError(code, message, { leader, term, hint }), sent);
  }
}

/**
 * A leader that was deposed and does not know it yet still opens streams, and its barrier may lie
 * below what a newer leader has written: its silence is no evidence (docs/decisions/0004).
 */
function refuseDeposed(opened: ProducerOpened, term: number): void {
  if (opened.term >= term) return;
  throw new LogError(
    "UNAVAILABLE",
    `${opened.leaderId} still leads term ${opened.term}, but term ${term} has been seen`,
    { hint: "try again: the newer leader is sought" },
  );
}

/** Trying again cannot help. A fence only means that the leader knows a newer stream of ours. */
function isFinal(error: LogError): boolean {
  const passing = new Set(["TIMEOUT", "ABORTED", "PRODUCER_FENCED"]);
  return !worthRetrying(error) && !passing.has(error.code);
}

/** 53 random bits, never 0: two producers do not meet. */
function randomProducerId(random: Random): number {
  const high = randomInteger(random, 0, 0x1f_ffff);
  const low = randomInteger(random, 1, 0xffff_ffff);
  return high * 0x1_0000_0000 + low;
}
