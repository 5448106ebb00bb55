import type { NodeId } from "../../common/brand.ts";
import type { Effect } from "../../raft/index.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  StagedSnapshot,
} from "../../transport/snapshot-transfer.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { SnapshotPort } from "../snapshot-port.ts";
import { type ReceiverPorts, SnapshotReceiver } from "./snapshot-receiver.ts";
import { type SenderPorts, SnapshotSender } from "./snapshot-sender.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/** All that goes on between this node and others about snapshots. */
export class SnapshotTransfers implements SnapshotPort {
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;

  constructor(ports: SenderPorts & ReceiverPorts) {
    this.#sender = new SnapshotSender(ports);
    this.#receiver = new SnapshotReceiver(ports);
  }

  /** After the core has started: what an earlier process staged is looked at. */
  start(): void {
    this.#receiver.start();
  }

  send(effect: EffectOf<"sendSnapshot">): void {
    this.#sender.send(effect);
  }

  install(effect: EffectOf<"installSnapshot">): void {
    this.#receiver.install(effect);
  }

  discard(effect: EffectOf<"discardSnapshot">): void {
    this.#receiver.discard(effect);
  }

  /** Answers `PeerHandler.snapshotStaged`. */
  staged(): Promise<StagedSnapshot | undefined> {
    return this.#receiver.staged();
  }

  /** Answers `PeerHandler.snapshotOffered`. */
  offered(from: NodeId, offer: SnapshotOffer): Promise<SnapshotSink> {
    return this.#receiver.offered(from, offer);
  }

  /** This node leads no more. */
  steppedDown(): void {
    this.#sender.abort();
  }

  transfers(): SnapshotStatus["transfers"] {
    return [...this.#sender.transfers(), ...this.#receiver.transfers()];
  }

  /** Nothing is sent or told from now on. */
  stop(): void {
    this.#sender.abort();
    this.#receiver.stop();
  }

  /** To be awaited before the log is closed. */
  close(): Promise<void> {
    return this.#receiver.close();
  }
}
