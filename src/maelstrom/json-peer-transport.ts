import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { FilePiece, PieceRequest } from "../transport/file-piece.ts";
import type { SnapshotSource } from "../transport/snapshot-transfer.ts";
import type {
  FetchAnswer,
  FetchRequest,
  Meeting,
  PeerHandler,
  PeerMessage,
  PeerTransport,
} from "../transport/types.ts";
import {
  pieceFromJson,
  pieceRequestFromJson,
  pieceRequestToJson,
  pieceToJson,
} from "./file-piece-json.ts";
import { JsonSnapshotStreams, SNAPSHOT } from "./json-snapshot-streams.ts";
import type { Body } from "./message.ts";
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

const RAFT = "balsa_raft";
const STREAM_CLOSED = "balsa_stream_closed";

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
  readonly #snapshots: JsonSnapshotStreams;
  #handler: PeerHandler | undefined;
  #closed = false;

  /** `session` is drawn anew by every process. */
  constructor(session: string, ports: JsonPeerTransportPorts) {
    this.#ports = ports;
    this.#snapshots = new JsonSnapshotStreams(session, {
      scheduler: ports.scheduler,
      say: (to, type, fields) => this.#say(to, type, fields),
    });
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
      return fetchAnswerToJson(await handler.fetch(from, fetchRequestFromJson(question)));
    });
    calls.answer("piece", async (from, question) => {
      const refusal = handler.checkPeer(identityFromJson(from, question["identity"]));
      if (refusal !== undefined) throw new LogError("UNAVAILABLE", refusal);
      return pieceToJson(await handler.piece(from, pieceRequestFromJson(question)));
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
      if (body["type"] === SNAPSHOT) return this.#snapshots.received(from, handler, body);
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

  async fetchPiece(
    peer: NodeId,
    request: PieceRequest,
    timeoutMs: number,
  ): Promise<FilePiece | undefined> {
    const question = { identity: this.#identity(), ...pieceRequestToJson(request) };
    return pieceFromJson(await this.#ports.calls.ask(peer, "piece", question, timeoutMs));
  }

  installSnapshot(to: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    return this.#snapshots.install(to, source, signal);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.closeStreams();
      this.#snapshots.close();
    }
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

/** Types of what transports send each other outside of calls. */
export const TRANSPORT_TYPES: ReadonlySet<unknown> = new Set([RAFT, STREAM_CLOSED, SNAPSHOT]);
