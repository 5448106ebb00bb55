import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type {
  FetchAnswer,
  FetchRequest,
  Meeting,
  PeerHandler,
  PeerMessage,
  PeerTransport,
} from "../transport/types.ts";
import { type Body, isObject } from "./message.ts";
import type { PeerCalls, SendToNode } from "./peer-calls.ts";
import { fromJson, toJson } from "./peer-message-json.ts";
import {
  fetchAnswerFromJson,
  fetchAnswerToJson,
  fetchRequestFromJson,
  fetchRequestToJson,
  identityFromJson,
  identityToJson,
  meetingFromJson,
  meetingToJson,
} from "./peer-question-json.ts";

export const RAFT = "balsa_raft";
export const STREAM_CLOSED = "balsa_stream_closed";

export interface JsonPeerTransportPorts {
  readonly send: SendToNode;
  readonly calls: PeerCalls;
  readonly scheduler: Scheduler;
  /** Told what was received and not understood, one line. */
  readonly complain: (problem: string) => void;
}

/**
 * Peers over the workbench's network: messages of JSON that may be delayed, overtaken and lost,
 * which Raft bears. There are no connections; a "stream" begins with a leader's first
 * AppendEntries and ends when that leader says so.
 */
export class JsonPeerTransport implements PeerTransport {
  readonly #ports: JsonPeerTransportPorts;
  /** Followers that this node sends entries to, and leaders that send it some. */
  readonly #outgoing = new Set<NodeId>();
  readonly #incoming = new Set<NodeId>();
  #handler: PeerHandler | undefined;
  #closed = false;

  constructor(ports: JsonPeerTransportPorts) {
    this.#ports = ports;
  }

  start(handler: PeerHandler): Promise<void> {
    assert(this.#handler === undefined && !this.#closed, "a transport starts once");
    this.#handler = handler;
    const { calls } = this.#ports;
    calls.answer("meet", async (from, question) =>
      meetingToJson(await handler.meet(meetingFromJson(from, question))),
    );
    calls.answer("fetch", async (from, question) => {
      const refusal = handler.checkPeer(identityFromJson(from, question["identity"]));
      if (refusal !== undefined) throw new LogError("UNAVAILABLE", refusal);
      return fetchAnswerToJson(await handler.fetch(fetchRequestFromJson(question)));
    });
    return Promise.resolve();
  }

  /** A message of another node. */
  received(from: NodeId, body: Body): void {
    const handler = this.#handler;
    if (handler === undefined || this.#closed) return;
    try {
      const refusal = handler.checkPeer(identityFromJson(from, body["identity"]));
      if (refusal !== undefined) return;
      if (body["type"] === STREAM_CLOSED) {
        if (this.#incoming.delete(from)) handler.streamClosed(from);
        return;
      }
      const message = fromJson(from, body);
      if (message.message.type === "AppendEntries" && !this.#incoming.has(from)) {
        this.#incoming.add(from);
        handler.streamOpened(from);
      }
      handler.received(from, message);
    } catch (thrown) {
      if (!(thrown instanceof LogError)) throw thrown;
      this.#ports.complain(`${from}: ${thrown.message}`);
    }
  }

  send(to: NodeId, message: PeerMessage): void {
    if (this.#closed) return;
    if (message.message.type === "AppendEntries" && !this.#outgoing.has(to)) {
      this.#outgoing.add(to);
      this.#later((handler) => handler.streamOpened(to));
    }
    this.#say(to, RAFT, toJson(message));
  }

  closeStreams(): void {
    for (const follower of this.#outgoing) {
      this.#say(follower, STREAM_CLOSED, {});
      this.#later((handler) => handler.streamClosed(follower));
    }
    this.#outgoing.clear();
  }

  async meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    const answer = await this.#ports.calls.ask(peer, "meet", meetingToJson(ours), timeoutMs);
    return meetingFromJson(peer, answer);
  }

  async fetch(peer: NodeId, request: FetchRequest, timeoutMs: number): Promise<FetchAnswer> {
    const identity = this.#identity();
    const question = { identity, ...fetchRequestToJson(request) };
    const answer = await this.#ports.calls.ask(peer, "fetch", question, timeoutMs);
    return fetchAnswerFromJson(answer);
  }

  /** Logs of the workbench are short, and none of their entries is ever dropped. */
  installSnapshot(to: NodeId): Promise<void> {
    const refusal = new LogError("UNAVAILABLE", `no snapshot goes to ${to} over this network`);
    return Promise.reject(refusal);
  }

  close(): Promise<void> {
    if (!this.#closed) this.closeStreams();
    this.#closed = true;
    this.#ports.calls.close();
    return Promise.resolve();
  }

  #say(to: NodeId, type: string, fields: Body): void {
    this.#ports.send(to, { type, identity: this.#identity(), ...fields });
  }

  #identity(): Body {
    assert(this.#handler !== undefined, "a transport sends nothing before it starts");
    return identityToJson(this.#handler.identity());
  }

  /** Deferred: the owner is not called from inside its own call. */
  #later(tell: (handler: PeerHandler) => void): void {
    this.#ports.scheduler.defer(() => {
      if (this.#handler !== undefined && !this.#closed) tell(this.#handler);
    });
  }
}

/** Whether a body is one of those that nodes send each other outside of calls. */
export function isTransportMessage(body: Body): boolean {
  return (body["type"] === RAFT || body["type"] === STREAM_CLOSED) && isObject(body["identity"]);
}
