import type { LogIndex, NodeId } from "../../common/brand.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import { join, SNAPSHOT_DIRECTORY } from "../../storage/layout.ts";
import type { Checkpoint } from "../../storage/snapshots/types.ts";
import type { DataDirectory, LogStore } from "../../storage/types.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  StagedSnapshot,
} from "../../transport/snapshot-transfer.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { NodeOptions, NodePorts } from "../node-options.ts";
import type { SnapshotPort } from "../snapshot-port.ts";
import type { Tracer } from "../tracer.ts";
import { LeaderMending } from "./leader-mending.ts";
import { openContent } from "./snapshot-content.ts";
import { SnapshotReceiver } from "./snapshot-receiver.ts";
import { SnapshotSender } from "./snapshot-sender.ts";
import type { TransferPins } from "./transfer-pins.ts";

export interface ExchangeParts {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly directory: DataDirectory;
  readonly log: LogStore;
  readonly compacted: CompactedPrefix;
  readonly loop: CoreLoop;
  readonly pins: TransferPins;
  readonly tracer: Tracer;
  /** A snapshot is about to take the place of the log. Resolves when nothing else touches it. */
  readonly installing: () => Promise<void>;
  /** It has, durably. */
  readonly installed: () => void;
  /** The log is empty behind `checkpoint` now, or holds the suffix that was to be kept. */
  readonly restore: (checkpoint: Checkpoint, keepSuffix: boolean) => void;
  /** What should be sent is damaged, or not there. */
  readonly damaged: () => void;
  readonly fail: (thrown: unknown) => void;
}

/** Snapshots from this node to others and the other way round: what the core asks for is done. */
export class SnapshotExchange implements SnapshotPort {
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #mending: LeaderMending;

  constructor(parts: ExchangeParts) {
    const { options, ports, directory, log, compacted, loop, pins, tracer, restore, fail } = parts;
    const { checkpoints, space } = directory;
    const prevIndex = () => log.start.last.index;
    this.#sender = new SnapshotSender({
      ...{ loop, tracer, pins, prevIndex, fail },
      nodeId: options.nodeId,
      transport: ports.transport,
      content: () =>
        openContent({ checkpoints, compacted, prevIndex: prevIndex() }).catch((thrown: unknown) => {
          parts.damaged();
          throw thrown;
        }),
    });
    this.#mending = new LeaderMending({
      prevIndex,
      raft: () => loop.raft.status(),
      give: (leader) => this.#sender.give(leader),
    });
    this.#receiver = new SnapshotReceiver({
      ...{ loop, log, checkpoints, compacted, space, tracer, restore, fail },
      quiet: parts.installing,
      installed: parts.installed,
      fileSystem: ports.fileSystem,
      directory: join(options.dataDirectory, SNAPSHOT_DIRECTORY),
      raft: () => loop.raft.status(),
    });
  }

  start(): void {
    this.#receiver.start();
  }

  send(effect: Parameters<SnapshotPort["send"]>[0]): void {
    this.#sender.send(effect);
  }

  install(effect: Parameters<SnapshotPort["install"]>[0]): void {
    this.#receiver.install(effect);
  }

  discard(effect: Parameters<SnapshotPort["discard"]>[0]): void {
    this.#receiver.discard(effect);
  }

  /** `from` lacks this entry of its log, and asks whether this node has it. */
  asked(from: NodeId, index: LogIndex): void {
    this.#mending.asked(from, index);
  }

  staged(): Promise<StagedSnapshot | undefined> {
    return this.#receiver.staged();
  }

  offered(from: NodeId, offer: SnapshotOffer): Promise<SnapshotSink> {
    return this.#receiver.offered(from, offer);
  }

  transfers(): SnapshotStatus["transfers"] {
    return [...this.#sender.transfers(), ...this.#receiver.transfers()];
  }

  /** This node leads no more. */
  abort(): void {
    this.#sender.abort();
  }

  stop(): void {
    this.#sender.abort();
    this.#receiver.stop();
  }

  close(): Promise<void> {
    return this.#receiver.close();
  }
}
