import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import type { Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { AppendAck } from "../runtime/node-api.ts";
import type {
  AppendStreamRequest,
  AppendStreamResponse,
  OpenProducer,
  StreamedAppend,
} from "../wire/log-messages.ts";
import { accept, type Received } from "../wire/received.ts";
import { toStatus } from "../wire/status.ts";
import { AppendAcks } from "./append-acks.ts";
import { checkBatch } from "./batch-check.ts";
import { leadershipLost } from "./leadership.ts";
import { APPEND_OVERHEAD_BYTES, MAX_STREAM_PENDING_BYTES } from "./limits.ts";
import type { ServiceContext } from "./service-context.ts";

type Call = ServerDuplexStream<Received<AppendStreamRequest>, AppendStreamResponse>;

/** `AppendStream`: one producer's appends in order, many per message, and many acks per message. */
export function appendStream(
  context: ServiceContext,
): handleBidiStreamingCall<Received<AppendStreamRequest>, AppendStreamResponse> {
  return (call) => new AppendStream(context, call).start();
}

interface Opened extends OpenProducer {
  readonly term: Term;
}

/**
 * One stream. It lives as long as this node leads the term in which it was opened. After the first
 * append that was refused for now, or whose fate is unknown, it takes no more: a later append must
 * not overtake an earlier one. What was taken is settled first, then the stream ends.
 */
class AppendStream {
  readonly #context: ServiceContext;
  readonly #call: Call;
  readonly #acks: AppendAcks;
  #opened: Opened | undefined;
  #pending = 0;
  #pendingBytes = 0;
  /** Why no more appends are taken. */
  #ending: LogError | undefined;
  #inputEnded = false;
  #ended = false;
  #writesBlocked = false;
  #stopWatching: () => void = () => undefined;

  constructor(context: ServiceContext, call: Call) {
    this.#context = context;
    this.#call = call;
    this.#acks = new AppendAcks((message) => this.#write(message));
  }

  start(): void {
    const call = this.#call;
    call.on("data", (received: Received<AppendStreamRequest>) => this.#receive(received));
    call.on("end", () => {
      this.#inputEnded = true;
      this.#endIfDone();
    });
    call.on("drain", () => {
      this.#writesBlocked = false;
      this.#proceed();
    });
    const { calls, node, pending } = this.#context;
    const unsubscribe = node.onChange(() => this.#checkLeadership());
    this.#stopWatching = () => {
      unsubscribe();
      pending.forget(this.#proceed);
    };
    const signal = calls.track(call, "append");
    const stop = () => {
      if (call.cancelled) this.#leave();
      else this.#refuse(LogError.from(signal.reason));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  }

  #receive(received: Received<AppendStreamRequest>): void {
    if (this.#ended) return;
    try {
      const { open, appends } = accept(received);
      this.#open(open);
      for (const append of appends) this.#append(append);
    } catch (thrown) {
      this.#refuse(LogError.from(thrown));
    }
    if (this.#full) this.#pause();
  }

  #open(open: OpenProducer | null): void {
    if (this.#opened !== undefined) {
      if (open === null) return;
      throw new LogError("INVALID_ARGUMENT", "the producer is opened by the first message only");
    }
    if (this.#ending !== undefined) return;
    if (open === null || open.producerId === 0)
      throw new LogError("INVALID_ARGUMENT", "the first message must open a producer", {
        hint: "send open { producer_id, producer_epoch } with an id that is not 0",
      });
    const { node } = this.#context;
    const { term, barrier } = node.openProducer(open.producerId, open.producerEpoch);
    this.#opened = { ...open, term };
    this.#write({ opened: { term, barrier, leaderId: node.nodeId }, acks: null, failures: [] });
  }

  #append({ batch, recordCount, sequence }: StreamedAppend): void {
    if (this.#ending !== undefined || this.#opened === undefined) {
      if (this.#ending !== undefined) this.#fail(sequence, this.#ending);
      return;
    }
    try {
      checkBatch(batch, recordCount);
    } catch (thrown) {
      // Never to be sent again as it is: what follows may pass it by.
      this.#fail(sequence, LogError.from(thrown));
      return;
    }
    const { producerId, producerEpoch } = this.#opened;
    const bytes = batch.length + APPEND_OVERHEAD_BYTES;
    this.#pending++;
    this.#pendingBytes += bytes;
    this.#context.pending.add(bytes);
    this.#context.node.append(
      { payload: batch, recordCount, producer: { id: producerId, epoch: producerEpoch, sequence } },
      (result) => {
        this.#context.metrics.settled(result, recordCount, bytes - APPEND_OVERHEAD_BYTES);
        this.#settle(sequence, bytes, result);
      },
    );
  }

  /** It did not get as far as the node. */
  #fail(sequence: number, error: LogError): void {
    this.#context.metrics.refused(error);
    this.#acks.fail(sequence, error);
  }

  #settle(sequence: number, bytes: number, result: AppendAck | LogError): void {
    this.#pending--;
    this.#pendingBytes -= bytes;
    this.#context.pending.remove(bytes);
    if (this.#ended) return;
    if (result instanceof LogError) {
      this.#acks.fail(sequence, result);
      this.#refuse(result);
    } else {
      this.#acks.acknowledge(sequence, result);
      this.#endIfDone();
    }
    if (!this.#full) this.#proceed();
  }

  #checkLeadership(): void {
    if (this.#opened === undefined || this.#ending !== undefined) return;
    const lost = leadershipLost(this.#context.node, this.#opened.term);
    if (lost !== undefined) this.#refuse(lost);
  }

  /** Takes no more appends; ends once everything taken is settled. */
  #refuse(reason: LogError): void {
    // The stream itself has no outcome: each append has its own.
    const { code, message, leader, term, hint } = reason;
    this.#ending ??= new LogError(code, message, { leader, term, hint });
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#ended || this.#pending > 0) return;
    if (this.#ending === undefined && !this.#inputEnded) return;
    this.#acks.flush();
    this.#leave();
    if (this.#ending === undefined) this.#call.end();
    else this.#call.emit("error", toStatus(this.#ending));
    // What still comes in is read and dropped, so that the connection is not blocked by it.
    this.#call.resume();
  }

  #leave(): void {
    this.#ended = true;
    this.#stopWatching();
  }

  #write(message: AppendStreamResponse): void {
    if (this.#ended || this.#call.cancelled) return;
    if (this.#call.write(message)) return;
    this.#writesBlocked = true;
    this.#pause();
  }

  get #full(): boolean {
    return this.#pendingBytes >= MAX_STREAM_PENDING_BYTES || this.#context.pending.full;
  }

  #pause(): void {
    this.#call.pause();
    if (this.#context.pending.full) this.#context.pending.whenRoom(this.#proceed);
  }

  readonly #proceed = (): void => {
    if (this.#ended || this.#writesBlocked || this.#full) return;
    if (this.#call.isPaused()) this.#call.resume();
  };
}
