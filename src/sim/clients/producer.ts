import { Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { AppendAck, ProducerOpened } from "../../runtime/node-api.ts";
import { iterateFrames } from "../../wire/frame-records.ts";
import type { SimHost } from "../host.ts";
import type { AppendOperation } from "../history.ts";
import { nameOf } from "./appender.ts";
import { begun, drawBatch } from "./batches.ts";
import type { Channel, ClientWorld } from "./client-world.ts";

const CALL_TIMEOUT_MS = 1500;
/** Appends on their way at a time. */
const WINDOW = 3;
/** Questions to a node that has not committed up to the barrier, before another is asked. */
const MAX_QUESTIONS = 20;

interface Batch {
  readonly operation: AppendOperation;
  readonly payload: Uint8Array;
  /** Of its first record. */
  readonly sequence: number;
  /** It was sent, and nobody said that it was not written. */
  maybeWritten: boolean;
}

/** One opening at one leader: appends go through until the first sign of trouble. */
interface Session {
  readonly host: SimHost;
  readonly channel: Channel;
  readonly epoch: number;
  failed: LogError | undefined;
}

/**
 * A producer that settles by evidence, as the client library does (docs/client.md): after a loss it
 * opens under the next epoch, reads the log from its last known offset to the barrier, takes what
 * is there as acknowledged and sends the rest again, in order.
 */
export class SimProducer {
  readonly #name: string;
  readonly #id: number;
  readonly #clients: ClientWorld;
  readonly #random: Random;
  readonly #thinkMsMax: () => number;
  readonly #unsettled: Batch[] = [];
  #host: SimHost;
  #epoch = 0;
  #number = 0;
  #sequence = 0;
  #acknowledgedEnd = 0;
  #term = 0;
  #barrier = Number.POSITIVE_INFINITY;

  constructor(name: string, id: number, clients: ClientWorld, thinkMsMax: () => number) {
    this.#name = name;
    this.#id = id;
    this.#clients = clients;
    this.#random = clients.world.fork();
    this.#thinkMsMax = thinkMsMax;
    this.#host = clients.anyHost(this.#random);
  }

  /** Goes on until clients stop and everything it sent is settled. */
  async run(): Promise<void> {
    const clients = this.#clients;
    while (!clients.stopped || this.#unsettled.length > 0) {
      const trouble = await this.#serve(this.#host);
      if (clients.stopped && this.#unsettled.length === 0) return;
      const hinted = clients.hostNamed(trouble?.leader);
      this.#host = hinted ?? clients.anyHost(this.#random);
      await clients.sleep(randomInteger(this.#random, 1, hinted === undefined ? 500 : 50));
    }
  }

  async #serve(host: SimHost): Promise<LogError | undefined> {
    const clients = this.#clients;
    const channel = clients.open(host);
    const session: Session = { host, channel, epoch: ++this.#epoch, failed: undefined };
    const opened = await clients.ask<ProducerOpened>(host, CALL_TIMEOUT_MS, (node) =>
      node.openProducer(this.#id, session.epoch),
    );
    if (opened instanceof LogError) {
      clients.noted("producer.openRefused");
      return opened;
    }
    // A deposed leader knows nothing of what was sent to a newer one: no evidence (seed 33850).
    if (opened.term < this.#term) {
      clients.noted("producer.deposedLeader");
      return new LogError("UNAVAILABLE", "a newer term has been seen");
    }
    const trouble = await this.#settle(session, opened.barrier);
    if (trouble !== undefined) {
      clients.noted("producer.settleInterrupted");
      return trouble;
    }
    this.#barrier = opened.barrier;
    if (opened.term > this.#term && this.#term > 0) clients.noted("producer.leaderChanged");
    this.#term = opened.term;
    for (const batch of this.#unsettled) this.#send(session, batch);
    while (session.failed === undefined) {
      if (clients.stopped && this.#unsettled.length === 0) return undefined;
      await clients.sleep(randomInteger(this.#random, 1, this.#thinkMsMax()));
      if (session.failed === undefined && !clients.stopped && this.#unsettled.length < WINDOW)
        this.#append(session);
    }
    return session.failed;
  }

  /** Finds out which of the sent batches are in the log. */
  async #settle({ host }: Session, barrier: number): Promise<LogError | undefined> {
    if (!this.#unsettled.some(({ maybeWritten }) => maybeWritten)) return undefined;
    let from = Math.max(this.#acknowledgedEnd, Math.min(this.#barrier, barrier));
    for (let inVain = 0; from < barrier; ) {
      const read = await this.#clients.ask(host, CALL_TIMEOUT_MS, (node) =>
        node.read(Offset(from), 4096, "linearizable"),
      );
      if (read instanceof LogError && read.code !== "OFFSET_TRIMMED") return read;
      // Silence is no evidence where records may have gone.
      if (read instanceof LogError || (read.compactedTo ?? 0) > from) return this.#giveUp();
      const next = this.#evidence(read.run.chunks, from, barrier);
      if (next === from) {
        if (++inVain > MAX_QUESTIONS) return new LogError("TIMEOUT", "the barrier is not reached");
        this.#clients.noted("producer.waitedForBarrier");
        await this.#clients.sleep(50);
      }
      from = next;
    }
    for (const batch of this.#unsettled) {
      if (!batch.maybeWritten) continue;
      batch.maybeWritten = false;
      this.#clients.noted("producer.notFound");
    }
    return undefined;
  }

  /** What may have been written stays unknown for ever, and what was sent after it is not sent. */
  #giveUp(): undefined {
    this.#unsettled.length = 0;
    this.#clients.noted("producer.unprovable");
  }

  /** Takes what is there as acknowledged; returns up to where the log was looked through. */
  #evidence(chunks: readonly Uint8Array[], from: number, barrier: number): number {
    let next = from;
    for (const chunk of chunks)
      for (const { header } of iterateFrames(chunk)) {
        next = Math.max(next, header.baseOffset + header.recordCount);
        if (header.baseOffset >= barrier || header.producer?.id !== this.#id) continue;
        const { sequence } = header.producer;
        const batch = this.#unsettled.find((sent) => sent.sequence === sequence);
        if (batch === undefined) continue;
        this.#clients.noted("producer.found");
        this.#acknowledged(batch, header.baseOffset);
      }
    return next;
  }

  #append(session: Session): void {
    const drawn = drawBatch(this.#name, ++this.#number, this.#random, this.#clients.keys);
    const { payload } = drawn;
    const sequence = this.#sequence;
    this.#sequence += drawn.values.length;
    const operation = begun(this.#name, drawn, this.#clients.nowMs, sequence);
    this.#clients.appends.push(operation);
    const batch: Batch = { operation, payload, sequence, maybeWritten: false };
    this.#unsettled.push(batch);
    this.#send(session, batch);
  }

  #send(session: Session, batch: Batch): void {
    batch.maybeWritten = true;
    const producer = { id: this.#id, epoch: session.epoch, sequence: batch.sequence };
    const { payload, operation } = batch;
    const append = { payload, recordCount: operation.values.length, producer };
    this.#clients.call<AppendAck>(
      session.host,
      CALL_TIMEOUT_MS,
      (node, answer) => node.append(append, answer),
      (result) => this.#answered(session, batch, result),
      session.channel,
    );
  }

  #answered(session: Session, batch: Batch, result: AppendAck | LogError): void {
    if (!(result instanceof LogError)) {
      // A session that is over has lost its place: from here on only the log says what is there.
      if (this.#isOpen(session)) this.#acknowledged(batch, result.offset);
      else this.#clients.noted("append.lateAnswer");
      return;
    }
    this.#clients.noted(nameOf(result));
    if (!this.#isOpen(session)) return;
    if (result.outcome === "failed") batch.maybeWritten = false;
    session.failed = result;
  }

  #isOpen({ epoch, failed }: Session): boolean {
    return epoch === this.#epoch && failed === undefined;
  }

  #acknowledged(batch: Batch, offset: number): void {
    const at = this.#unsettled.indexOf(batch);
    if (at < 0) return;
    this.#unsettled.splice(at, 1);
    const { operation } = batch;
    operation.outcome = "acknowledged";
    operation.offset = offset;
    operation.settledMs = this.#clients.nowMs;
    const end = offset + operation.values.length;
    this.#acknowledgedEnd = Math.max(this.#acknowledgedEnd, end);
    this.#clients.acknowledgedEnd = Math.max(this.#clients.acknowledgedEnd, end);
    this.#clients.noted("append.acknowledged");
  }
}
