import { deferred } from "../../src/common/deferred.ts";
import { LogError } from "../../src/common/errors.ts";
import type { FilePiece, PieceRequest } from "../../src/transport/file-piece.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  StagedSnapshot,
} from "../../src/transport/snapshot-transfer.ts";
import type {
  FetchAnswer,
  FetchRequest,
  Meeting,
  PeerHandler,
  PeerIdentity,
  PeerMessage,
} from "../../src/transport/types.ts";

/** Writes down what a transport tells its owner, and lets a test wait for it. */
export class RecordingHandler implements PeerHandler {
  readonly messages: { readonly from: string; readonly message: PeerMessage }[] = [];
  /** `+n2` and `-n2`: streams that opened and closed. */
  readonly streams: string[] = [];
  readonly checked: PeerIdentity[] = [];
  refusal: string | undefined;
  onReceived: (from: string, message: PeerMessage) => void = () => undefined;
  readonly #identity: PeerIdentity;
  readonly #waiting = new Set<() => void>();

  constructor(identity: PeerIdentity) {
    this.#identity = identity;
  }

  identity(): PeerIdentity {
    return this.#identity;
  }

  checkPeer(peer: PeerIdentity): string | undefined {
    this.checked.push(peer);
    this.#happened();
    return this.refusal;
  }

  received(from: string, message: PeerMessage): void {
    this.messages.push({ from, message });
    this.onReceived(from, message);
    this.#happened();
  }

  streamOpened(peer: string): void {
    this.streams.push(`+${peer}`);
    this.#happened();
  }

  streamClosed(peer: string): void {
    this.streams.push(`-${peer}`);
    this.#happened();
  }

  meet(theirs: Meeting): Promise<Meeting> {
    const voters = [{ nodeId: theirs.identity.nodeId, diskId: theirs.identity.diskId }];
    return Promise.resolve({ identity: this.#identity, voters, formed: true });
  }

  fetchAnswer: (request: FetchRequest) => Promise<FetchAnswer> = () =>
    Promise.resolve({ kind: "haveFaulty" });

  fetch(_from: string, request: FetchRequest): Promise<FetchAnswer> {
    return this.fetchAnswer(request);
  }

  pieceAnswer: (request: PieceRequest) => Promise<FilePiece | undefined> = () =>
    Promise.resolve(undefined);

  piece(_from: string, request: PieceRequest): Promise<FilePiece | undefined> {
    return this.pieceAnswer(request);
  }

  snapshotStaged: () => Promise<StagedSnapshot | undefined> = () => Promise.resolve(undefined);

  sinkOf: (from: string, offer: SnapshotOffer) => Promise<SnapshotSink> = () =>
    Promise.reject(new LogError("UNAVAILABLE", "no snapshot is taken here"));

  snapshotOffered(from: string, offer: SnapshotOffer): Promise<SnapshotSink> {
    return this.sinkOf(from, offer);
  }

  /** Resolves as soon as `condition` holds; it is looked at after everything that is told. */
  until(condition: () => boolean): Promise<void> {
    const { promise, resolve: done } = wait();
    const look = (): void => {
      if (!condition()) return;
      this.#waiting.delete(look);
      done();
    };
    this.#waiting.add(look);
    look();
    return promise;
  }

  #happened(): void {
    for (const look of [...this.#waiting]) look();
  }
}

function wait(): { promise: Promise<void>; resolve: () => void } {
  const waiting = deferred<void>();
  return { promise: waiting.promise, resolve: () => waiting.resolve() };
}
