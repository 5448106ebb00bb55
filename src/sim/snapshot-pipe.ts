import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { SnapshotReceiving } from "../transport/snapshot-receiving.ts";
import { SnapshotSending } from "../transport/snapshot-sending.ts";
import type {
  SnapshotRequest,
  SnapshotSource,
  TransferWindow,
} from "../transport/snapshot-transfer.ts";
import type { Endpoint, Pipe, SimNetwork } from "./network.ts";

/** Small, so that small snapshots come in pieces and a slow reader's link holds a window. */
const SIM_WINDOW: TransferWindow = { chunkBytes: 128, windowBytes: 256 };

/**
 * One transfer through the simulated network, with the production halves at both ends. What a piece
 * says is known to its end only once it arrived there; a broken link ends both, a little later.
 */
export function sendOverPipe(
  network: SimNetwork,
  from: Endpoint,
  to: NodeId,
  source: SnapshotSource,
  signal: AbortSignal,
): Promise<void> {
  return new SnapshotPipe(network, from, to).send(source, signal);
}

class SnapshotPipe implements Pipe {
  readonly leader: NodeId;
  readonly follower: NodeId;
  readonly #network: SimNetwork;
  readonly #sender: Endpoint;
  #receiver: Endpoint | undefined;
  #sending: SnapshotSending | undefined;
  #receiving: SnapshotReceiving | undefined;
  #begun = false;

  constructor(network: SimNetwork, sender: Endpoint, follower: NodeId) {
    this.#network = network;
    this.#sender = sender;
    this.leader = sender.nodeId;
    this.follower = follower;
  }

  send(source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const network = this.#network;
    const sending = new SnapshotSending(source, signal, {
      scheduler: network.schedulerOf(this.#sender),
      window: SIM_WINDOW,
      write: (request) => this.#toReceiver(request),
      end: () => network.breakPipe(this),
    });
    this.#sending = sending;
    if (signal.aborted) return sending.finished;
    network.openPipe(this);
    network.carry(this, this.#sender, this.follower, 0, (receiver) => this.#reached(receiver));
    return sending.finished;
  }

  /** The link broke, an end is gone, or one of the two is through. */
  broke(): void {
    const [sending, receiving] = [this.#sending, this.#receiving];
    const lost = new LogError("UNAVAILABLE", `the stream to ${this.follower} broke`);
    this.#network.tell(this.#sender, () => sending?.broke(lost));
    if (this.#receiver !== undefined) this.#network.tell(this.#receiver, () => receiving?.closed());
  }

  #reached(receiver: Endpoint): void {
    if (this.#receiving !== undefined) return;
    const refusal = receiver.handler.checkPeer(this.#sender.handler.identity());
    if (refusal !== undefined) return this.#network.breakPipe(this);
    this.#receiver = receiver;
    this.#receiving = new SnapshotReceiving(this.leader, {
      handler: receiver.handler,
      window: SIM_WINDOW,
      write: (response) => this.#toSender(receiver, () => this.#sending?.received(response)),
      end: (refused) => {
        if (refused === undefined) return;
        const error = LogError.from(refused);
        this.#toSender(receiver, () => this.#sending?.broke(error));
      },
    });
  }

  #toReceiver(request: SnapshotRequest): void {
    // Two nodes never share memory.
    const copy =
      request.kind === "chunk" ? { ...request, bytes: new Uint8Array(request.bytes) } : request;
    const bytes = copy.kind === "chunk" ? copy.bytes.length : 0;
    if (copy.kind === "chunk" && !this.#begun && copy.position > 0)
      this.#network.resumed(copy.position);
    this.#begun ||= copy.kind === "chunk";
    this.#network.carry(this, this.#sender, this.follower, bytes, () =>
      this.#receiving?.received(copy),
    );
  }

  #toSender(receiver: Endpoint, arrive: () => void): void {
    this.#network.carry(this, receiver, this.leader, 0, arrive);
  }
}
