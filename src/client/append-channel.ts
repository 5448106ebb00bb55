import type { Client, ClientDuplexStream } from "@grpc/grpc-js";
import { type Deferred, deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import type {
  AppendAcks,
  AppendFailure,
  AppendStreamRequest,
  AppendStreamResponse,
  OpenProducer,
  ProducerOpened,
} from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import { type FailedCall, fromStatus } from "../wire/status.ts";
import type { SentBatch } from "./pending-append.ts";

export interface AppendChannelEvents {
  acknowledged(acks: AppendAcks): void;
  failed(failure: AppendFailure): void;
  /** The connection takes more again. */
  writable(): void;
  /** Any message came, before what is in it is told. */
  heard(): void;
}

/** One `AppendStream` call: appends out, verdicts in. Says once how it opened and why it ended. */
export class AppendChannel {
  readonly #call: ClientDuplexStream<AppendStreamRequest, AppendStreamResponse>;
  readonly #events: AppendChannelEvents;
  readonly #opened: Deferred<ProducerOpened> = deferred();
  readonly #ended: Deferred<LogError> = deferred();
  #over = false;
  #writable = true;

  constructor(client: Client, open: OpenProducer, events: AppendChannelEvents) {
    this.#events = events;
    this.#opened.promise.catch(() => undefined);
    const { path, requestSerialize, responseDeserialize } = logService().AppendStream;
    this.#call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.#call.on("data", (message: AppendStreamResponse) => this.#receive(message));
    this.#call.on("error", (failed: FailedCall) => this.#end(fromStatus(failed, true)));
    this.#call.on("end", () => this.#end(new LogError("UNAVAILABLE", "the stream was ended")));
    this.#call.on("drain", () => {
      this.#writable = true;
      events.writable();
    });
    this.#call.write({ open, appends: [] });
  }

  /** Rejects with why the stream ended before it opened. */
  get opened(): Promise<ProducerOpened> {
    return this.#opened.promise;
  }

  /** Resolves with the reason, at the end of every stream. */
  get ended(): Promise<LogError> {
    return this.#ended.promise;
  }

  /** False while the connection has more than it can take. */
  get writable(): boolean {
    return this.#writable && !this.#over;
  }

  send(batches: readonly SentBatch[]): void {
    if (this.#over) return;
    const appends = batches.map(({ payload, recordCount, sequence }) => {
      return { batch: payload, recordCount, sequence };
    });
    this.#writable = this.#call.write({ open: null, appends });
  }

  /** No more appends; the server settles what it has and ends the stream. */
  finish(): void {
    if (!this.#over) this.#call.end();
  }

  /** Nothing more is heard from this stream. */
  cancel(reason: LogError): void {
    if (this.#over) return;
    this.#end(reason);
    this.#call.cancel();
  }

  #receive({ opened, acks, failures }: AppendStreamResponse): void {
    if (this.#over) return;
    this.#events.heard();
    if (opened !== null) this.#opened.resolve(opened);
    if (acks !== null) this.#events.acknowledged(acks);
    for (const failure of failures) this.#events.failed(failure);
  }

  #end(reason: LogError): void {
    if (this.#over) return;
    this.#over = true;
    this.#opened.reject(reason);
    this.#ended.resolve(reason);
  }
}
