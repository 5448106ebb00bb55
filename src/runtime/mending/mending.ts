import type { NodeId } from "../../common/brand.ts";
import type { LogState } from "../../statemachine/log-state.ts";
import { MendingFiles } from "../../storage/compaction/mending-files.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import { join, SNAPSHOT_DIRECTORY } from "../../storage/layout.ts";
import type { DataDirectory, LogStore } from "../../storage/types.ts";
import type { FilePiece, PieceRequest } from "../../transport/file-piece.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { NodeOptions, NodePorts } from "../node-options.ts";
import type { Tracer } from "../tracer.ts";
import { CheckpointMender } from "./checkpoint-mender.ts";
import { FileGiver } from "./file-giver.ts";
import { Mender } from "./mender.ts";
import { PrefixMender } from "./prefix-mender.ts";

export interface MendingParts {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly directory: DataDirectory;
  readonly log: LogStore;
  readonly compacted: CompactedPrefix;
  readonly state: LogState;
  readonly tracer: Tracer;
  /** What is compacted is whole again. */
  readonly mended: () => void;
  readonly fail: (thrown: unknown) => void;
}

/** A node's part in the mending of what logs begin with: it asks others, and is asked. */
export class Mending {
  readonly #mender: Mender;
  readonly #giver: FileGiver;
  #stopped = false;

  constructor(parts: MendingParts) {
    const { options, ports, directory, log, compacted, state, tracer, mended, fail } = parts;
    const { fileSystem, scheduler, transport } = ports;
    const { checkpoints, space } = directory;
    const snapshots = join(options.dataDirectory, SNAPSHOT_DIRECTORY);
    this.#giver = new FileGiver({ checkpoints, compacted, scheduler, fail });
    this.#mender = new Mender({
      ...{ compacted, scheduler, tracer, mended, fail },
      peers: options.voters.filter((voter) => voter !== options.nodeId),
      checkpoints: new CheckpointMender({ log, checkpoints, transport, tracer }),
      prefix: new PrefixMender({
        ...{ compacted, space, transport, tracer },
        files: new MendingFiles({ fileSystem, directory: snapshots }),
        snapshotIndex: () => state.snapshot.index,
        stopped: () => this.#stopped,
      }),
    });
  }

  /** Something is damaged, or may be. */
  look(): void {
    this.#mender.look();
  }

  piece(from: NodeId, request: PieceRequest): Promise<FilePiece | undefined> {
    return this.#giver.piece(from, request);
  }

  transfers(): SnapshotStatus["transfers"] {
    return this.#mender.transfers();
  }

  stop(): void {
    this.#stopped = true;
    this.#mender.stop();
    this.#giver.stop();
  }

  /** Resolves when nothing is being written any more. */
  close(): Promise<void> {
    return this.#mender.ended;
  }
}
