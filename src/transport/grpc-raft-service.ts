import {
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { AppendEntriesResult, ReadIndexResult, RequestVoteResult } from "../raft/messages.ts";
import type {
  AppendEntriesRequest,
  FetchEntriesRequest,
  FetchEntriesResponse,
  FetchFileRequest,
  FetchFileResponse,
  ReadIndexRequest,
  ReadIndexResponse,
  RequestVoteRequest,
  RequestVoteResponse,
  WireMeeting,
} from "../wire/raft-messages.ts";
import type { Received } from "../wire/received.ts";
import { toStatus } from "../wire/status.ts";
import { fromAppendEntriesRequest, toAppendEntriesResponse } from "./append-entries-codec.ts";
import {
  fromFetchEntriesRequest,
  fromReadIndexRequest,
  fromRequestVoteRequest,
  fromWireMeeting,
  toFetchEntriesResponse,
  toReadIndexResponse,
  toWireMeeting,
  withoutFrames,
} from "./call-codec.ts";
import { fromFetchFileRequest, toFetchFileResponse } from "./file-piece-codec.ts";
import { CALL_TIMEOUT_MS, MAX_CALLS } from "./grpc-channel-options.ts";
import { type AppendEntriesServerCall, IncomingStream } from "./grpc-incoming-stream.ts";
import { type InstallSnapshotServerCall, receiveSnapshot } from "./grpc-incoming-snapshot.ts";
import { readIdentity, writeIdentity } from "./identity-metadata.ts";
import { PendingCalls } from "./pending-calls.ts";
import type { SnapshotReceiving } from "./snapshot-receiving.ts";
import type { PeerHandler } from "./types.ts";

export interface RaftServicePorts {
  readonly handler: PeerHandler;
  readonly scheduler: Scheduler;
  /** The nodes that may speak: the configured ones without this one. */
  readonly peers: ReadonlySet<NodeId>;
}

type Call<Request> = ServerUnaryCall<Received<Request>, unknown>;

/** Serves what other nodes ask of this one. */
export class RaftService {
  readonly #ports: RaftServicePorts;
  readonly #streams = new Map<NodeId, IncomingStream>();
  readonly #snapshots = new Map<NodeId, SnapshotReceiving>();
  readonly #votes: PendingCalls<RequestVoteRequest, RequestVoteResponse>;
  readonly #reads: PendingCalls<ReadIndexRequest, ReadIndexResponse>;
  #closed = false;

  constructor(ports: RaftServicePorts) {
    this.#ports = ports;
    const { scheduler, peers } = ports;
    this.#votes = new PendingCalls(scheduler, CALL_TIMEOUT_MS, 2 * peers.size);
    this.#reads = new PendingCalls(scheduler, CALL_TIMEOUT_MS, MAX_CALLS * peers.size);
  }

  get implementation(): UntypedServiceImplementation {
    return {
      Meet: (call: Call<WireMeeting>, reply: sendUnaryData<WireMeeting>) => this.#meet(call, reply),
      RequestVote: (call: Call<RequestVoteRequest>, reply: sendUnaryData<RequestVoteResponse>) =>
        this.#requestVote(call, reply),
      AppendEntries: (call: AppendEntriesServerCall) => this.#appendEntries(call),
      FetchEntries: (call: Call<FetchEntriesRequest>, reply: sendUnaryData<FetchEntriesResponse>) =>
        this.#fetchEntries(call, reply),
      FetchFile: (call: Call<FetchFileRequest>, reply: sendUnaryData<FetchFileResponse>) =>
        this.#fetchFile(call, reply),
      ReadIndex: (call: Call<ReadIndexRequest>, reply: sendUnaryData<ReadIndexResponse>) =>
        this.#readIndex(call, reply),
      InstallSnapshot: (call: InstallSnapshotServerCall) => this.#installSnapshot(call),
    };
  }

  /**
   * Answers the peer's call that this result belongs to. A vote's result names no request: a grant
   * is for the term it names, and a voter that has seen a request is not behind its term.
   */
  sendVoteResult(to: NodeId, { term, voteGranted, preVote }: RequestVoteResult): void {
    const key = voteKey(to, preVote);
    const request = this.#votes.request(key);
    if (request === undefined) return;
    if (voteGranted ? term !== request.term : !preVote && term < request.term) return;
    this.#votes.answer(key, { term, voteGranted, preVote });
  }

  sendReadIndexResult(to: NodeId, result: ReadIndexResult): void {
    this.#reads.answer(readKey(to, result.requestId), toReadIndexResponse(result));
  }

  sendAppendEntriesResult(to: NodeId, result: AppendEntriesResult): void {
    this.#streams.get(to)?.send(toAppendEntriesResponse(result));
  }

  /** From here on the handler hears nothing more. */
  close(): void {
    this.#closed = true;
    this.#votes.clear();
    this.#reads.clear();
    for (const stream of this.#streams.values()) stream.close(status.UNAVAILABLE, "closing");
    this.#streams.clear();
    for (const snapshot of this.#snapshots.values())
      snapshot.refuse(new LogError("CLOSED", "closing"));
    this.#snapshots.clear();
  }

  #appendEntries(call: AppendEntriesServerCall): void {
    const peer = this.#admit(call.metadata);
    if (typeof peer !== "string") {
      call.emit("error", peer);
      return;
    }
    const { handler, scheduler } = this.#ports;
    const stream = new IncomingStream(call, {
      scheduler,
      received: (request) => this.#received(peer, request),
      closed: () => {
        if (this.#streams.get(peer) === stream) this.#streams.delete(peer);
        if (!this.#closed) handler.streamClosed(peer);
      },
    });
    this.#streams.get(peer)?.close(status.ABORTED, "a newer stream took its place");
    this.#streams.set(peer, stream);
    call.sendMetadata(writeIdentity(handler.identity()));
    handler.streamOpened(peer);
  }

  #received(peer: NodeId, request: Received<AppendEntriesRequest>): string | undefined {
    if (request instanceof LogError) return request.message;
    if (request.leaderId !== peer) return "leader_id is not the node that speaks";
    this.#ports.handler.received(peer, fromAppendEntriesRequest(request));
    return undefined;
  }

  #installSnapshot(call: InstallSnapshotServerCall): void {
    const peer = this.#admit(call.metadata);
    if (typeof peer !== "string") {
      call.emit("error", peer);
      return;
    }
    const newer = new LogError("ABORTED", "a newer stream took its place");
    this.#snapshots.get(peer)?.refuse(newer);
    call.sendMetadata(writeIdentity(this.#ports.handler.identity()));
    const taken = receiveSnapshot(call, peer, this.#ports.handler, () => {
      if (this.#snapshots.get(peer) === taken) this.#snapshots.delete(peer);
    });
    this.#snapshots.set(peer, taken);
  }

  #requestVote(call: Call<RequestVoteRequest>, reply: sendUnaryData<RequestVoteResponse>): void {
    const peer = this.#begin(call, reply);
    if (peer === undefined || call.request instanceof LogError) return;
    if (call.request.candidateId !== peer)
      return reply(invalid("candidate_id is not the node that speaks"));
    const { request } = call;
    this.#votes.add(voteKey(peer, request.preVote), request, ending(reply));
    this.#ports.handler.received(peer, withoutFrames(fromRequestVoteRequest(request)));
  }

  #readIndex(call: Call<ReadIndexRequest>, reply: sendUnaryData<ReadIndexResponse>): void {
    const peer = this.#begin(call, reply);
    if (peer === undefined || call.request instanceof LogError) return;
    const { request } = call;
    this.#reads.add(readKey(peer, request.requestId), request, ending(reply));
    this.#ports.handler.received(peer, withoutFrames(fromReadIndexRequest(request)));
  }

  #fetchEntries(call: Call<FetchEntriesRequest>, reply: sendUnaryData<FetchEntriesResponse>): void {
    const peer = this.#begin(call, reply);
    if (peer === undefined || call.request instanceof LogError) return;
    this.#ports.handler.fetch(peer, fromFetchEntriesRequest(call.request)).then(
      (answer) => reply(null, toFetchEntriesResponse(answer)),
      (thrown: unknown) => reply(toStatus(thrown)),
    );
  }

  #fetchFile(call: Call<FetchFileRequest>, reply: sendUnaryData<FetchFileResponse>): void {
    const peer = this.#begin(call, reply);
    if (peer === undefined || call.request instanceof LogError) return;
    const request = fromFetchFileRequest(call.request);
    if (request === undefined) return reply(invalid("a file of no kind that is known here"));
    this.#ports.handler.piece(peer, request).then(
      (piece) => reply(null, toFetchFileResponse(piece)),
      (thrown: unknown) => reply(toStatus(thrown)),
    );
  }

  #meet(call: Call<WireMeeting>, reply: sendUnaryData<WireMeeting>): void {
    if (call.request instanceof LogError) return reply(toStatus(call.request));
    const theirs = fromWireMeeting(call.request);
    if (!this.#ports.peers.has(theirs.identity.nodeId))
      return reply(refused(`${theirs.identity.nodeId} is not a member`));
    this.#ports.handler.meet(theirs).then(
      (ours) => reply(null, toWireMeeting(ours)),
      (thrown: unknown) => reply(toStatus(thrown)),
    );
  }

  /** Who calls; says no, and answers undefined, when it may not or its request is malformed. */
  #begin(call: Call<unknown>, reply: sendUnaryData<never>): NodeId | undefined {
    const peer = this.#admit(call.metadata);
    if (typeof peer !== "string") {
      reply(peer);
      return undefined;
    }
    call.sendMetadata(writeIdentity(this.#ports.handler.identity()));
    if (call.request instanceof LogError) reply(toStatus(call.request));
    return peer;
  }

  #admit(metadata: Metadata): NodeId | Refused {
    const identity = readIdentity(metadata);
    if (identity === undefined) return invalid("the caller does not say who it is");
    if (!this.#ports.peers.has(identity.nodeId))
      return refused(`${identity.nodeId} is not a member`);
    const reason = this.#ports.handler.checkPeer(identity);
    return reason === undefined ? identity.nodeId : refused(reason);
  }
}

interface Refused {
  readonly code: number;
  readonly details: string;
}

function refused(details: string): Refused {
  return { code: status.FAILED_PRECONDITION, details };
}

function invalid(details: string): Refused {
  return { code: status.INVALID_ARGUMENT, details };
}

function voteKey(peer: NodeId, preVote: boolean): string {
  return `${peer} ${preVote ? "preVote" : "vote"}`;
}

function readKey(peer: NodeId, requestId: number): string {
  return `${peer} ${requestId}`;
}

function ending<Response>(reply: sendUnaryData<Response>) {
  return (answer: Response | LogError): void => {
    if (answer instanceof LogError) reply(toStatus(answer));
    else reply(null, answer);
  };
}
