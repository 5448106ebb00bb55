import type { ClientUnaryCall, Metadata } from "@grpc/grpc-js";
import type { Clock } from "../common/clock.ts";
import type { NodeId } from "../common/brand.ts";
import { deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import type { Random } from "../common/random.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { Message } from "../raft/messages.ts";
import { type Method, raftService } from "../wire/protos.ts";
import { fromStatus } from "../wire/status.ts";
import { fromAppendEntriesResponse } from "./append-entries-codec.ts";
import type { AppendEntriesEncoder } from "./append-entries-encoder.ts";
import {
  fromFetchEntriesResponse,
  fromReadIndexResponse,
  fromRequestVoteResponse,
  fromWireMeeting,
  toWireMeeting,
  withoutFrames,
} from "./call-codec.ts";
import type { FilePiece, PieceRequest } from "./file-piece.ts";
import { fromFetchFileResponse, toFetchFileRequest } from "./file-piece-codec.ts";
import { CALL_TIMEOUT_MS, MAX_CALLS } from "./grpc-channel-options.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { sendSnapshot } from "./grpc-install-snapshot.ts";
import { type AppendEntriesCall, OutgoingStream } from "./grpc-outgoing-stream.ts";
import { readIdentity, writeIdentity } from "./identity-metadata.ts";
import type { SnapshotSource } from "./snapshot-transfer.ts";
import type { FetchAnswer, FetchRequest, Meeting, PeerHandler, PeerMessage } from "./types.ts";

interface Answered<Response> {
  readonly answer: Response;
  readonly metadata: Metadata | undefined;
}

export interface PeerPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly handler: PeerHandler;
  /** Shared by all peers. */
  readonly encoder: AppendEntriesEncoder;
}

/** Everything that this node sends to one other: one stream, and calls of their own. */
export class GrpcPeer {
  readonly #nodeId: NodeId;
  readonly #address: string;
  readonly #ports: PeerPorts;
  readonly #stream: OutgoingStream;
  /** Calls under way, by what makes a newer one replace an older one. */
  readonly #calls = new Map<string, ClientUnaryCall>();
  #asked = 0;
  #connection: GrpcConnection;
  #closed = false;

  constructor(nodeId: NodeId, address: string, ports: PeerPorts) {
    this.#nodeId = nodeId;
    this.#address = address;
    this.#ports = ports;
    this.#connection = new GrpcConnection(address);
    const { clock, scheduler, random, handler } = ports;
    this.#stream = new OutgoingStream({
      clock,
      scheduler,
      random,
      call: () => this.#openStream(),
      accepts: (metadata) => this.#refusal(metadata) === undefined,
      timedOut: () => this.#reconnect(),
      opened: () => handler.streamOpened(nodeId),
      closed: () => handler.streamClosed(nodeId),
      received: (response) => handler.received(nodeId, fromAppendEntriesResponse(response)),
    });
  }

  sendAppendEntries(sent: PeerMessage): void {
    const { message } = sent;
    if (message.type !== "AppendEntries") return;
    const { state } = this.#stream;
    if (state === "backoff" || state === "closed") return;
    this.#stream.send(this.#ports.encoder.encode(sent, message));
  }

  /** Asks for a vote; a newer request takes the place of an older one. */
  requestVote(request: Message & { type: "RequestVote" }): void {
    const key = request.preVote ? "preVote" : "vote";
    this.#call(key, raftService().RequestVote, request, fromRequestVoteResponse);
  }

  requestReadIndex(request: Message & { type: "ReadIndex" }): void {
    this.#call(
      `read ${request.requestId}`,
      raftService().ReadIndex,
      request,
      fromReadIndexResponse,
    );
  }

  /** @throws LogError (rejects) when there is no answer within `timeoutMs` */
  async meet(ours: Meeting, timeoutMs: number): Promise<Meeting> {
    const { answer } = await this.#ask(raftService().Meet, toWireMeeting(ours), timeoutMs);
    const theirs = fromWireMeeting(answer);
    if (theirs.identity.nodeId !== this.#nodeId) throw this.#wrongName(theirs);
    return theirs;
  }

  /** @throws LogError (rejects) when there is no answer of an accepted peer within `timeoutMs` */
  async fetch(request: FetchRequest, timeoutMs: number): Promise<FetchAnswer> {
    const answer = await this.#askAccepted(raftService().FetchEntries, request, timeoutMs);
    const known = fromFetchEntriesResponse(answer);
    if (known !== undefined) return known;
    throw new LogError("UNAVAILABLE", `${this.#nodeId} gave no usable answer`);
  }

  /** @throws LogError (rejects) as {@link fetch} */
  async fetchPiece(request: PieceRequest, timeoutMs: number): Promise<FilePiece | undefined> {
    const wire = toFetchFileRequest(request);
    const answer = await this.#askAccepted(raftService().FetchFile, wire, timeoutMs);
    return fromFetchFileResponse(answer);
  }

  /** @throws LogError (rejects) with why the peer has not got all of it */
  installSnapshot(source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = raftService().InstallSnapshot;
    const call = this.#connection.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      writeIdentity(this.#ports.handler.identity()),
    );
    return sendSnapshot(call, source, signal, {
      scheduler: this.#ports.scheduler,
      refusal: (metadata) => this.#refusal(metadata),
    });
  }

  /** Ends the AppendEntries stream to this peer. */
  closeStream(): void {
    this.#stream.reset();
  }

  close(): void {
    this.#closed = true;
    this.#stream.close();
    for (const call of this.#calls.values()) call.cancel();
    this.#calls.clear();
    this.#connection.close();
  }

  /**
   * A connection over a dead link waits for TCP, longer and longer; a new one gets through as soon
   * as the link does.
   */
  #reconnect(): void {
    if (this.#closed) return;
    this.#connection.close();
    this.#connection = new GrpcConnection(this.#address);
  }

  #ask<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    timeoutMs: number,
  ): Promise<Answered<Response>> {
    const answered = deferred<Answered<Response>>();
    const key = `ask ${this.#asked++}`;
    let metadata: Metadata | undefined;
    const call = this.#unary(method, request, (error, answer) => {
      cancelTimer();
      this.#calls.delete(key);
      if (answer === undefined) answered.reject(error);
      else answered.resolve({ answer, metadata });
    });
    call.on("metadata", (initial: Metadata) => {
      metadata = initial;
    });
    this.#calls.set(key, call);
    const cancelTimer = this.#ports.scheduler.after(timeoutMs, () => this.#giveUp(call));
    return answered.promise;
  }

  /** As {@link #ask}, of a peer that may be listened to. */
  async #askAccepted<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    timeoutMs: number,
  ): Promise<Response> {
    const { answer, metadata } = await this.#ask(method, request, timeoutMs);
    const refusal = metadata === undefined ? "it does not say who it is" : this.#refusal(metadata);
    if (refusal === undefined) return answer;
    throw new LogError("UNAVAILABLE", `${this.#nodeId} gave no usable answer: ${refusal}`);
  }

  #giveUp(call: ClientUnaryCall): void {
    call.cancel();
    // On a live connection it is the other core that is silent, as it may be.
    if (!this.#closed && this.#connection.connecting) this.#reconnect();
  }

  #openStream(): AppendEntriesCall {
    const { path, responseDeserialize } = raftService().AppendEntries;
    return this.#connection.client.makeBidiStreamRequest(
      path,
      (encoded: Buffer) => encoded,
      responseDeserialize,
      writeIdentity(this.#ports.handler.identity()),
    );
  }

  #call<Request, Response>(
    key: string,
    method: Method<Request, Response>,
    request: Request,
    decode: (response: Response) => Message,
  ): void {
    this.#calls.get(key)?.cancel();
    if (this.#calls.size >= MAX_CALLS || this.#closed) return;
    const { scheduler, handler } = this.#ports;
    let accepted = false;
    const call = this.#unary(method, request, (_error, response) => {
      cancelTimer();
      if (this.#calls.get(key) === call) this.#calls.delete(key);
      if (this.#closed || !accepted || response === undefined) return;
      handler.received(this.#nodeId, withoutFrames(decode(response)));
    });
    call.on("metadata", (metadata: Metadata) => {
      accepted = this.#refusal(metadata) === undefined;
    });
    const cancelTimer = scheduler.after(CALL_TIMEOUT_MS, () => this.#giveUp(call));
    this.#calls.set(key, call);
  }

  #unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    answered: (error: LogError | undefined, response: Response | undefined) => void,
  ): ClientUnaryCall {
    return this.#connection.client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      writeIdentity(this.#ports.handler.identity()),
      (error, response) =>
        answered(error === null ? undefined : fromStatus(error, false), response),
    );
  }

  /** Why the node that answered may not speak here; undefined when it may. */
  #refusal(metadata: Metadata): string | undefined {
    const identity = readIdentity(metadata);
    if (identity === undefined) return "it does not say who it is";
    if (identity.nodeId !== this.#nodeId) return `it is ${identity.nodeId}`;
    return this.#ports.handler.checkPeer(identity);
  }

  #wrongName(meeting: Meeting): LogError {
    return new LogError(
      "INVALID_ARGUMENT",
      `${this.#address} should be ${this.#nodeId} and calls itself ${meeting.identity.nodeId}`,
      { hint: "make cluster.voters the same on every node" },
    );
  }
}
