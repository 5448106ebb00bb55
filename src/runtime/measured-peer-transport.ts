import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import type {
  FetchAnswer,
  FetchRequest,
  Meeting,
  PeerHandler,
  PeerMessage,
  PeerTransport,
} from "../transport/types.ts";
import type { FilePiece, PieceRequest } from "../transport/file-piece.ts";
import type { SnapshotSource } from "../transport/snapshot-transfer.ts";
import type { NodeMetrics } from "./metrics.ts";
import { PeerMetrics } from "./peer-metrics.ts";

/**
 * A transport that tells {@link PeerMetrics} what goes through it, and changes nothing. For the
 * composition root only: the simulator has no use for it.
 */
export class MeasuredPeerTransport implements PeerTransport {
  readonly #beneath: PeerTransport;
  readonly #metrics: PeerMetrics;

  constructor(beneath: PeerTransport, clock: Clock, metrics: NodeMetrics) {
    this.#beneath = beneath;
    this.#metrics = new PeerMetrics(metrics, clock);
  }

  start(handler: PeerHandler): Promise<void> {
    const metrics = this.#metrics;
    return this.#beneath.start({
      ...handler,
      received: (from, message) => {
        const { message: raft } = message;
        if (raft.type === "AppendEntries") metrics.receivedEntries(from, bytesOf(message));
        else if (raft.type === "AppendEntriesResult") metrics.receivedResult(from, raft.matchIndex);
        else metrics.receivedOther(from);
        handler.received(from, message);
      },
      streamOpened: (peer) => {
        metrics.streamOpened(peer);
        handler.streamOpened(peer);
      },
      streamClosed: (peer) => {
        metrics.streamClosed(peer);
        handler.streamClosed(peer);
      },
    });
  }

  send(to: NodeId, message: PeerMessage): void {
    const { message: raft } = message;
    if (raft.type === "AppendEntries") {
      // A leader's runtime leaves `entries` empty: the frames beside it are the entries.
      const firstIndex = message.frames.length === 0 ? undefined : raft.prevLogIndex + 1;
      this.#metrics.sentEntries(to, bytesOf(message), firstIndex);
    }
    this.#beneath.send(to, message);
  }

  closeStreams(): void {
    this.#metrics.steppedDown();
    this.#beneath.closeStreams();
  }

  meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    return this.#beneath.meet(peer, ours, timeoutMs);
  }

  fetch(peer: NodeId, request: FetchRequest, timeoutMs: number): Promise<FetchAnswer> {
    return this.#beneath.fetch(peer, request, timeoutMs);
  }

  fetchPiece(
    peer: NodeId,
    request: PieceRequest,
    timeoutMs: number,
  ): Promise<FilePiece | undefined> {
    return this.#beneath.fetchPiece(peer, request, timeoutMs);
  }

  installSnapshot(to: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    return this.#beneath.installSnapshot(to, source, signal);
  }

  close(): Promise<void> {
    return this.#beneath.close();
  }
}

function bytesOf({ frames }: PeerMessage): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}
