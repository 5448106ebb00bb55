import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
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
import type { Endpoint, SimNetwork } from "./network.ts";
import type { ProcessGate } from "./process-gate.ts";
import { sendOverPipe } from "./snapshot-pipe.ts";

/** The peer transport of a simulated node: one boot's end of the simulated network. */
export class SimTransport implements PeerTransport {
  readonly #network: SimNetwork;
  readonly #nodeId: NodeId;
  readonly #gate: ProcessGate;
  #endpoint: Endpoint | undefined;

  constructor(network: SimNetwork, nodeId: NodeId, gate: ProcessGate) {
    this.#network = network;
    this.#nodeId = nodeId;
    this.#gate = gate;
  }

  start(handler: PeerHandler): Promise<void> {
    this.#endpoint = { nodeId: this.#nodeId, handler, gate: this.#gate, alive: true };
    this.#network.attach(this.#endpoint);
    return Promise.resolve();
  }

  send(to: NodeId, message: PeerMessage): void {
    if (this.#endpoint?.alive === true) this.#network.send(this.#endpoint, to, copy(message));
  }

  closeStreams(): void {
    if (this.#endpoint?.alive !== true) return;
    this.#network.closeStreams((leader) => leader === this.#nodeId);
  }

  meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    assert(this.#endpoint !== undefined, "a transport meets nobody before it starts");
    return this.#network.ask(this.#endpoint, peer, timeoutMs, (handler) => handler.meet(ours));
  }

  fetch(peer: NodeId, request: FetchRequest, timeoutMs: number): Promise<FetchAnswer> {
    const from = this.#endpoint;
    assert(from !== undefined, "a transport asks nobody before it starts");
    return this.#network.ask(from, peer, timeoutMs, async (handler) => {
      const refusal = handler.checkPeer(from.handler.identity());
      if (refusal !== undefined) throw new LogError("UNAVAILABLE", refusal);
      const answer = await handler.fetch(from.nodeId, request);
      return answer.kind === "have" ? { ...answer, frame: new Uint8Array(answer.frame) } : answer;
    });
  }

  fetchPiece(
    peer: NodeId,
    request: PieceRequest,
    timeoutMs: number,
  ): Promise<FilePiece | undefined> {
    const from = this.#endpoint;
    assert(from !== undefined, "a transport asks nobody before it starts");
    return this.#network.ask(from, peer, timeoutMs, async (handler) => {
      const refusal = handler.checkPeer(from.handler.identity());
      if (refusal !== undefined) throw new LogError("UNAVAILABLE", refusal);
      const piece = await handler.piece(from.nodeId, request);
      return piece && { ...piece, bytes: new Uint8Array(piece.bytes) };
    });
  }

  installSnapshot(to: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const from = this.#endpoint;
    assert(from !== undefined, "a transport sends nothing before it starts");
    return sendOverPipe(this.#network, from, to, source, signal);
  }

  close(): Promise<void> {
    if (this.#endpoint?.alive === true) this.#network.detach(this.#nodeId);
    return Promise.resolve();
  }
}

/** Two nodes never share memory. A Buffer's `slice` would: it is a view. */
function copy(message: PeerMessage): PeerMessage {
  if (message.frames.length === 0) return message;
  return { ...message, frames: message.frames.map((chunk) => new Uint8Array(chunk)) };
}
