import { Server } from "@grpc/grpc-js";
import { assert, unreachable } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import { LogError } from "../common/errors.ts";
import type { Random } from "../common/random.ts";
import type { Scheduler } from "../common/scheduler.ts";
import { raftService } from "../wire/protos.ts";
import { quietGrpc } from "../wire/quiet-grpc.ts";
import { widenReceiveWindow } from "../wire/receive-window.ts";
import { AppendEntriesEncoder } from "./append-entries-encoder.ts";
import type { FilePiece, PieceRequest } from "./file-piece.ts";
import { bindServer } from "./grpc-bind.ts";
import { RECEIVE_WINDOW_BYTES, SERVER_OPTIONS } from "./grpc-channel-options.ts";
import { GrpcPeer } from "./grpc-peer.ts";
import { RaftService } from "./grpc-raft-service.ts";
import type { SnapshotSource } from "./snapshot-transfer.ts";
import type {
  FetchAnswer,
  FetchRequest,
  Meeting,
  PeerHandler,
  PeerMessage,
  PeerTransport,
} from "./types.ts";

export interface GrpcPeerTransportOptions {
  readonly nodeId: NodeId;
  /** `host:port` for other nodes; port 0 takes a free one. */
  readonly listen: string;
  /** Where the nodes are; this one may be among them. Addresses are read at the first send. */
  readonly peers: ReadonlyMap<NodeId, string>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** The time that sockets get to close, before they are left to themselves. */
const CLOSE_TIMEOUT_MS = 500;

/** Peers over gRPC: one stream per follower, calls for the rest (see `docs/wire.md`). */
export class GrpcPeerTransport implements PeerTransport {
  readonly #options: GrpcPeerTransportOptions;
  readonly #peers = new Map<NodeId, GrpcPeer>();
  readonly #encoder = new AppendEntriesEncoder();
  #server: Server | undefined;
  #service: RaftService | undefined;
  #handler: PeerHandler | undefined;
  #address: string | undefined;
  #closed = false;

  constructor(options: GrpcPeerTransportOptions) {
    this.#options = options;
  }

  /** Where this node listens, with the port that was bound; absent before `start`. */
  get address(): string | undefined {
    return this.#address;
  }

  async start(handler: PeerHandler): Promise<void> {
    assert(this.#handler === undefined && !this.#closed, "a transport starts once");
    const { nodeId, peers, scheduler, listen } = this.#options;
    const others = new Set([...peers.keys()].filter((peer) => peer !== nodeId));
    quietGrpc();
    this.#handler = handler;
    this.#service = new RaftService({ handler, scheduler, peers: others });
    this.#server = new Server(SERVER_OPTIONS);
    widenReceiveWindow(this.#server, RECEIVE_WINDOW_BYTES);
    this.#server.addService({ ...raftService() }, this.#service.implementation);
    this.#address = await bindServer(this.#server, listen);
  }

  send(to: NodeId, message: PeerMessage): void {
    if (this.#closed) return;
    const { message: raft } = message;
    switch (raft.type) {
      case "AppendEntries":
        return this.#peer(to)?.sendAppendEntries(message);
      case "RequestVote":
        return this.#peer(to)?.requestVote(raft);
      case "ReadIndex":
        return this.#peer(to)?.requestReadIndex(raft);
      case "AppendEntriesResult":
        return this.#service?.sendAppendEntriesResult(to, raft);
      case "RequestVoteResult":
        return this.#service?.sendVoteResult(to, raft);
      case "ReadIndexResult":
        return this.#service?.sendReadIndexResult(to, raft);
      default:
        return unreachable(raft);
    }
  }

  closeStreams(): void {
    for (const peer of this.#peers.values()) peer.closeStream();
  }

  async meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    const channel = this.#closed ? undefined : this.#peer(peer);
    if (channel === undefined) throw new LogError("UNAVAILABLE", `${peer} cannot be asked`);
    return channel.meet(ours, timeoutMs);
  }

  async fetch(peer: NodeId, request: FetchRequest, timeoutMs: number): Promise<FetchAnswer> {
    const channel = this.#closed ? undefined : this.#peer(peer);
    if (channel === undefined) throw new LogError("UNAVAILABLE", `${peer} cannot be asked`);
    return channel.fetch(request, timeoutMs);
  }

  async fetchPiece(
    peer: NodeId,
    request: PieceRequest,
    timeoutMs: number,
  ): Promise<FilePiece | undefined> {
    const channel = this.#closed ? undefined : this.#peer(peer);
    if (channel === undefined) throw new LogError("UNAVAILABLE", `${peer} cannot be asked`);
    return channel.fetchPiece(request, timeoutMs);
  }

  async installSnapshot(to: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const channel = this.#closed ? undefined : this.#peer(to);
    if (channel === undefined) throw new LogError("UNAVAILABLE", `${to} cannot be reached`);
    return channel.installSnapshot(source, signal);
  }

  /** Prompt even when a peer hangs. The handler hears nothing from here on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#service?.close();
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#options.scheduler.after(CLOSE_TIMEOUT_MS, resolve);
      server.tryShutdown(() => {
        cancelTimer();
        resolve();
      });
      server.forceShutdown();
    });
  }

  /** The sending side to `to`, made at the first use; absent for strangers and ourselves. */
  #peer(to: NodeId): GrpcPeer | undefined {
    const known = this.#peers.get(to);
    if (known !== undefined) return known;
    const address = to === this.#options.nodeId ? undefined : this.#options.peers.get(to);
    if (address === undefined || this.#handler === undefined) return undefined;
    const { clock, scheduler, random } = this.#options;
    const [handler, encoder] = [this.#handler, this.#encoder];
    const made = new GrpcPeer(to, address, { clock, scheduler, random, handler, encoder });
    this.#peers.set(to, made);
    return made;
  }
}
