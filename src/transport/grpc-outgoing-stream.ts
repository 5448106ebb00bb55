import { type ClientDuplexStream, type Metadata, status } from "@grpc/grpc-js";
import { unreachable } from "../common/assert.ts";
import type { Clock } from "../common/clock.ts";
import { MAX_INFLIGHT_BYTES, MAX_MESSAGE_BYTES } from "../common/limits.ts";
import type { Random } from "../common/random.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { AppendEntriesResponse } from "../wire/raft-messages.ts";
import { Backoff } from "./backoff.ts";
import { MAX_BACKOFF_MS, MIN_BACKOFF_MS, OPEN_TIMEOUT_MS } from "./grpc-channel-options.ts";

export type AppendEntriesCall = ClientDuplexStream<Buffer, AppendEntriesResponse>;

/** Bytes that a peer may leave unread: a full window and one more message of the largest size. */
const MAX_UNSENT_BYTES = MAX_INFLIGHT_BYTES + MAX_MESSAGE_BYTES;
/** Messages that a peer may leave unread, heartbeats included. */
const MAX_UNSENT_MESSAGES = 1024;
/** A stream that lived this long was a good one: the next attempt starts with the shortest wait. */
const GOOD_LIFE_MS = 1000;

/** Nobody has anything to send. */
interface Idle {
  readonly tag: "idle";
}

/** The call was made; the peer has not said yet who it is. Messages wait. */
interface Connecting {
  readonly tag: "connecting";
  readonly call: AppendEntriesCall;
  readonly waiting: Buffer[];
  readonly cancelTimeout: Cancel;
}

/** The peer is who it should be; messages flow both ways. */
interface Open {
  readonly tag: "open";
  readonly call: AppendEntriesCall;
  readonly sinceMs: number;
}

/** The last attempt failed or its stream broke. What is sent now is dropped. */
interface Waiting {
  readonly tag: "backoff";
  readonly cancelTimer: Cancel;
}

interface Closed {
  readonly tag: "closed";
}

type State = Idle | Connecting | Open | Waiting | Closed;

export interface OutgoingStreamPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Makes the call, with our identity in its metadata. */
  call(): AppendEntriesCall;
  /** Whether the peer that answered may be listened to. */
  accepts(metadata: Metadata): boolean;
  /** The peer did not answer in time: its connection may be dead. */
  timedOut(): void;
  opened(): void;
  /** Once for every `opened`. */
  closed(): void;
  received(response: AppendEntriesResponse): void;
}

/**
 * This node's AppendEntries stream to one follower. It opens with the first message, and again
 * with the first message after a wait; nothing else ever makes it connect.
 */
export class OutgoingStream {
  readonly #ports: OutgoingStreamPorts;
  readonly #backoff: Backoff;
  #state: State = { tag: "idle" };
  #unsentBytes = 0;
  #unsentMessages = 0;

  constructor(ports: OutgoingStreamPorts) {
    this.#ports = ports;
    this.#backoff = new Backoff(MIN_BACKOFF_MS, MAX_BACKOFF_MS, ports.random);
  }

  get state(): State["tag"] {
    return this.#state.tag;
  }

  /** Sends an encoded AppendEntriesRequest, keeps it while connecting, or drops it. */
  send(message: Buffer): void {
    const state = this.#state;
    switch (state.tag) {
      case "idle":
        return this.#connect(message);
      case "connecting":
        if (this.#admit(message)) state.waiting.push(message);
        return;
      case "open":
        // A gap in the middle of a stream is worse than its end, of which the core is told.
        if (this.#admit(message)) return this.#write(state.call, message);
        return this.#broke(state.call);
      case "backoff":
      case "closed":
        return;
      default:
        return unreachable(state);
    }
  }

  /** Ends the stream; the next message opens another at once. */
  reset(): void {
    if (this.#state.tag === "closed") return;
    this.#backoff.reset();
    this.#setState({ tag: "idle" });
  }

  close(): void {
    this.#setState({ tag: "closed" });
  }

  /** The only writer of the state: leaves the old one, and tells when a stream begins or ends. */
  #setState(next: State): void {
    const last = this.#state;
    this.#state = next;
    if (last.tag === "connecting") last.cancelTimeout();
    if (last.tag === "backoff") last.cancelTimer();
    const sameCall = "call" in last && "call" in next && last.call === next.call;
    if ("call" in last && !sameCall) last.call.cancel();
    if (!sameCall) this.#unsentBytes = this.#unsentMessages = 0;
    if (next.tag === "open") this.#ports.opened();
    // Deferred: it may have ended inside a call of its owner.
    if (last.tag === "open") this.#ports.scheduler.defer(() => this.#tellClosed());
  }

  #tellClosed(): void {
    if (this.#state.tag !== "closed") this.#ports.closed();
  }

  #connect(first: Buffer): void {
    const call = this.#ports.call();
    call.on("metadata", (metadata: Metadata) => this.#answered(call, metadata));
    call.on("data", (response: AppendEntriesResponse) => {
      if (this.#state.tag === "open" && this.#state.call === call) this.#ports.received(response);
    });
    call.on("end", () => this.#broke(call));
    call.on("error", (error: { code?: unknown }) => this.#failed(call, error.code));
    const cancelTimeout = this.#ports.scheduler.after(OPEN_TIMEOUT_MS, () => {
      this.#broke(call);
      this.#ports.timedOut();
    });
    this.#setState({ tag: "connecting", call, waiting: [], cancelTimeout });
    this.send(first);
  }

  #answered(call: AppendEntriesCall, metadata: Metadata): void {
    const state = this.#state;
    if (state.tag !== "connecting" || state.call !== call) return;
    if (!this.#ports.accepts(metadata)) {
      this.#backoff.exhaust();
      return this.#broke(call);
    }
    for (const message of state.waiting) this.#write(call, message);
    this.#setState({ tag: "open", call, sinceMs: this.#ports.clock.nowMs() });
  }

  #failed(call: AppendEntriesCall, code: unknown): void {
    // We were refused: asking again at once would not change that.
    if (code === status.FAILED_PRECONDITION) this.#backoff.exhaust();
    this.#broke(call);
  }

  #broke(call: AppendEntriesCall): void {
    const state = this.#state;
    if (!("call" in state) || state.call !== call) return;
    const lifeMs = state.tag === "open" ? this.#ports.clock.nowMs() - state.sinceMs : 0;
    if (lifeMs >= GOOD_LIFE_MS) this.#backoff.reset();
    const cancelTimer = this.#ports.scheduler.after(this.#backoff.nextMs(), () => {
      if (this.#state.tag === "backoff") this.#setState({ tag: "idle" });
    });
    this.#setState({ tag: "backoff", cancelTimer });
  }

  /** Takes the message into account, unless there is too much unsent already. */
  #admit(message: Buffer): boolean {
    const bytes = this.#unsentBytes + message.length;
    if (bytes > MAX_UNSENT_BYTES || this.#unsentMessages >= MAX_UNSENT_MESSAGES) return false;
    this.#unsentBytes = bytes;
    this.#unsentMessages++;
    return true;
  }

  #write(call: AppendEntriesCall, message: Buffer): void {
    call.write(message, () => {
      if (!("call" in this.#state) || this.#state.call !== call) return;
      this.#unsentBytes -= message.length;
      this.#unsentMessages--;
    });
  }
}
