import type { LogIndex, NodeId } from "../../common/brand.ts";
import { decodeCheckpoint } from "../../storage/snapshots/checkpoint-format.ts";
import type { CheckpointStore, LogStart } from "../../storage/snapshots/types.ts";
import type { LogStore } from "../../storage/types.ts";
import type { PeerTransport } from "../../transport/types.ts";
import type { Tracer } from "../tracer.ts";
import { fetchWhole } from "./fetched-file.ts";

export interface CheckpointMenderPorts {
  readonly log: Pick<LogStore, "start">;
  readonly checkpoints: Pick<CheckpointStore, "list" | "save">;
  readonly transport: Pick<PeerTransport, "fetchPiece">;
  readonly tracer: Pick<Tracer, "tell">;
}

/**
 * Mends the checkpoint that the log begins at, which nothing that is left can tell anew: a node
 * without it sends no snapshots. It is a function of the log, so another node's is the same.
 */
export class CheckpointMender {
  readonly #ports: CheckpointMenderPorts;

  constructor(ports: CheckpointMenderPorts) {
    this.#ports = ports;
  }

  /** The one that is damaged or gone; absent: none is. */
  wanted(): LogIndex | undefined {
    const { log, checkpoints } = this.#ports;
    const { index } = log.start.last;
    if (index === 0) return undefined;
    const found = checkpoints.list().find((one) => one.index === index);
    return found !== undefined && found.damage === undefined ? undefined : index;
  }

  /** @returns whether it is there now. @throws FatalError("io") */
  async mend(peer: NodeId, index: LogIndex): Promise<boolean> {
    const { log, checkpoints, transport, tracer } = this.#ports;
    const bytes = await fetchWhole(transport, peer, { kind: "checkpoint", index });
    const decoded = bytes && decodeCheckpoint(bytes);
    if (decoded?.kind !== "valid") return false;
    const { checkpoint } = decoded;
    // The log may have moved on meanwhile; then it begins at another one.
    if (!isSame(checkpoint.start, log.start)) return false;
    await checkpoints.save(checkpoint);
    tracer.tell("snapshot.mended", { from: peer, lastIndex: index });
    return true;
  }
}

/** Equal chains mean equal histories. */
function isSame(one: LogStart, other: LogStart): boolean {
  return (
    one.last.index === other.last.index &&
    one.last.term === other.last.term &&
    one.nextOffset === other.nextOffset &&
    one.chain === other.chain
  );
}
