import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import type { Message } from "../raft/messages.ts";
import type { FilePiece, PieceRequest } from "./file-piece.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  SnapshotSource,
  StagedSnapshot,
} from "./snapshot-transfer.ts";

/** Who speaks: sent with every stream and call between peers. */
export interface PeerIdentity {
  readonly nodeId: NodeId;
  readonly diskId: string;
  /** Absent before the first meeting. */
  readonly clusterId: string | undefined;
  readonly incarnation: number;
}

/** A Raft message and what the core does not see: an AppendEntries' frames and previous chain. */
export interface PeerMessage {
  /** In a received AppendEntries `entries` is empty: its owner fills it from the frames. */
  readonly message: Message;
  /** Raw frames, in order, in any number of chunks. */
  readonly frames: readonly Uint8Array[];
  /** Chain of the entry at prevLogIndex. */
  readonly prevChain: number;
}

/** The first meeting: what one node knows of the cluster. */
export interface Meeting {
  readonly identity: PeerIdentity;
  /** Voters as (node id, disk id), once the cluster was formed. */
  readonly voters: readonly { readonly nodeId: NodeId; readonly diskId: string }[];
  /** The sender has seen every voter with this cluster id. */
  readonly formed: boolean;
  /** The sender's wall clock, milliseconds since 1970; absent: it does not say. */
  readonly wallMs?: number;
}

/** Names one entry for repair: equal chains mean equal histories. */
export interface FetchRequest {
  readonly index: LogIndex;
  readonly term: Term;
  readonly chain: number;
}

/** Whether a peer has an entry (docs/repair.md). */
export type FetchAnswer =
  | { readonly kind: "have"; readonly frame: Uint8Array }
  /** `term`: its currentTerm on disk; leaders of older terms can give it nothing any more. */
  | { readonly kind: "dontHave"; readonly term: Term }
  | { readonly kind: "haveFaulty" };

/** What the transport asks of, and tells, its owner. */
export interface PeerHandler {
  identity(): PeerIdentity;
  /** Called before anything a peer says is passed on. A string refuses it, and says why. */
  checkPeer(peer: PeerIdentity): string | undefined;
  /** Messages of one peer come in the order of their stream. */
  received(from: NodeId, message: PeerMessage): void;
  streamOpened(peer: NodeId): void;
  /** A stream from or to `peer` ended; what was on it may be lost. */
  streamClosed(peer: NodeId): void;
  /** Answers a meeting; may not fail. */
  meet(theirs: Meeting): Promise<Meeting>;
  /** Says whether this node has the entry. Rejects (LogError) while it cannot tell. */
  fetch(from: NodeId, request: FetchRequest): Promise<FetchAnswer>;
  /** Gives a piece of a file; absent: this node has it not, or not whole. */
  piece(from: NodeId, request: PieceRequest): Promise<FilePiece | undefined>;
  /** What an earlier transfer left here. Rejects (LogError) with why none may come. */
  snapshotStaged(from: NodeId): Promise<StagedSnapshot | undefined>;
  /** Takes an offer of its sender; a later one ends an earlier. Rejects (LogError) with why not. */
  snapshotOffered(from: NodeId, offer: SnapshotOffer): Promise<SnapshotSink>;
}

/**
 * Peer to peer. `AppendEntries` and its results go over one long-lived stream per follower, opened
 * by the leader on first use; votes and read indexes are calls of their own.
 */
export interface PeerTransport {
  /** Begins to listen. @throws FatalError("config" | "io") when the address cannot be bound. */
  start(handler: PeerHandler): Promise<void>;
  /** Never throws, never waits; what cannot be sent is dropped, and a broken stream is told. */
  send(to: NodeId, message: PeerMessage): void;
  /** Closes this node's AppendEntries streams: it leads no more. */
  closeStreams(): void;
  /** Asks `peer` what it knows. Rejects when it cannot be reached within `timeoutMs`. */
  meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting>;
  /** Asks an admitted peer for an entry. Rejects when there is no answer within `timeoutMs`. */
  fetch(peer: NodeId, request: FetchRequest, timeoutMs: number): Promise<FetchAnswer>;
  /** Asks an admitted peer for a piece of a file that is damaged here; as {@link fetch}. */
  fetchPiece(
    peer: NodeId,
    request: PieceRequest,
    timeoutMs: number,
  ): Promise<FilePiece | undefined>;
  /**
   * Sends a snapshot to an admitted peer, behind what it has staged. Resolves when the peer has
   * verified and synced all of it; rejects (LogError) when it refuses, the stream breaks, nothing
   * moves any more, or `signal` aborts.
   */
  installSnapshot(to: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
