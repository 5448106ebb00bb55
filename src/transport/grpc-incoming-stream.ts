import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { Scheduler } from "../common/scheduler.ts";
import type { AppendEntriesRequest, AppendEntriesResponse } from "../wire/raft-messages.ts";
import type { Received } from "../wire/received.ts";

export type AppendEntriesServerCall = ServerDuplexStream<
  Received<AppendEntriesRequest>,
  AppendEntriesResponse
>;

/** Results that a leader may leave unread; more than its window of messages and heartbeats. */
const MAX_UNSENT_RESULTS = 1024;

export interface IncomingStreamPorts {
  readonly scheduler: Scheduler;
  /** Why the request may not be passed on, having passed it on where there is no reason. */
  received(request: Received<AppendEntriesRequest>): string | undefined;
  /** Exactly once, whatever ended it. */
  closed(): void;
}

/** A leader's AppendEntries stream to this node. */
export class IncomingStream {
  readonly #call: AppendEntriesServerCall;
  readonly #ports: IncomingStreamPorts;
  #open = true;
  #unsent = 0;

  constructor(call: AppendEntriesServerCall, ports: IncomingStreamPorts) {
    this.#call = call;
    this.#ports = ports;
    call.on("data", (request: Received<AppendEntriesRequest>) => {
      if (!this.#open) return;
      const fault = ports.received(request);
      if (fault !== undefined) this.close(status.INVALID_ARGUMENT, fault);
    });
    call.on("end", () => {
      call.end();
      this.#ended();
    });
    call.on("cancelled", () => this.#ended());
    call.on("error", () => this.#ended());
  }

  /** Sends a result; a leader that does not read its results loses its stream. */
  send(response: AppendEntriesResponse): void {
    if (!this.#open) return;
    if (this.#unsent >= MAX_UNSENT_RESULTS) {
      const reason = "results are not being read";
      // Deferred: this is a call of the owner, who is about to be told.
      this.#ports.scheduler.defer(() => this.close(status.RESOURCE_EXHAUSTED, reason));
      return;
    }
    this.#unsent++;
    this.#call.write(response, () => this.#unsent--);
  }

  /** Ends the stream with a status that is not OK. */
  close(code: number, details: string): void {
    // grpc-js takes the status of a server's stream from an error event; it makes no other way.
    if (this.#open) this.#call.emit("error", { code, details });
  }

  #ended(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ports.closed();
  }
}
