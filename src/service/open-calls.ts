import { LogError } from "../common/errors.ts";

/** The part of a grpc-js server call that tells of its end. */
export interface CancellableCall {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): unknown;
}

/** Calls that stay open for as long as their client likes. */
export const STREAM_KINDS = ["append", "tail"] as const;

export type StreamKind = (typeof STREAM_KINDS)[number];

/**
 * Every call under way has a signal, aborted when the caller goes away, its deadline passes, or
 * the service closes. Each wait of a handler takes it, so that a call that nobody waits for holds
 * nothing. (`AbortSignal.any` over one long-lived signal would keep every call's memory.)
 */
export class OpenCalls {
  readonly #controllers = new Map<AbortSignal, AbortController>();
  readonly #streams = new Map<AbortSignal, StreamKind>();
  readonly #needLeader = new Set<AbortSignal>();
  #closed: LogError | undefined;

  get count(): number {
    return this.#controllers.size;
  }

  /** Streams of this kind under way. */
  streams(kind: StreamKind): number {
    let count = 0;
    for (const open of this.#streams.values()) if (open === kind) count++;
    return count;
  }

  /** `stream`: it is one, and counted as such. */
  track(call: CancellableCall, stream?: StreamKind): AbortSignal {
    const controller = new AbortController();
    if (this.#closed !== undefined) controller.abort(this.#closed);
    else if (call.cancelled) controller.abort(callerGone());
    else {
      this.#controllers.set(controller.signal, controller);
      if (stream !== undefined) this.#streams.set(controller.signal, stream);
      // grpc-js says "cancelled" at the end of every call, however it ended.
      call.on("cancelled", () => {
        this.#controllers.delete(controller.signal);
        this.#streams.delete(controller.signal);
        this.#needLeader.delete(controller.signal);
        controller.abort(callerGone());
      });
    }
    return controller.signal;
  }

  /** The call must not outlast this node's contact with a leader. */
  needLeader(signal: AbortSignal): void {
    if (this.#controllers.has(signal)) this.#needLeader.add(signal);
  }

  /** Ends the calls that need a leader. */
  leaderLost(error: LogError): void {
    for (const signal of this.#needLeader) this.#controllers.get(signal)?.abort(error);
    this.#needLeader.clear();
  }

  /** Ends all calls, and those that still come. */
  close(): void {
    this.#closed = new LogError("CLOSED", "the node is shutting down", {
      hint: "ask another node",
    });
    for (const controller of this.#controllers.values()) controller.abort(this.#closed);
    this.#controllers.clear();
    this.#streams.clear();
  }
}

function callerGone(): LogError {
  return new LogError("ABORTED", "the caller went away");
}
