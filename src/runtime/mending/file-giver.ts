import type { NodeId } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { SNAPSHOT_CHUNK_BYTES } from "../../common/limits.ts";
import type { Cancel, Scheduler } from "../../common/scheduler.ts";
import type { CompactedExport, CompactedPrefix } from "../../storage/compaction/types.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";
import type { FilePiece, FileWanted, PieceRequest } from "../../transport/file-piece.ts";

/** A prefix that somebody asked for stays so long without another word of them. */
const KEPT_MS = 30_000;

export interface GiverPorts {
  readonly checkpoints: Pick<CheckpointStore, "list" | "readFile">;
  readonly compacted: Pick<CompactedPrefix, "exportFiles" | "upTo">;
  readonly scheduler: Scheduler;
  readonly fail: (thrown: unknown) => void;
}

/** What one node was told of the prefix, and asks for piece by piece. */
interface Given {
  readonly exported: CompactedExport;
  cancel: Cancel;
}

/**
 * Gives other nodes pieces of this one's checkpoints and compacted files, where theirs are damaged.
 * Nothing is verified here: who asks knows the SHA-256.
 */
export class FileGiver {
  readonly #ports: GiverPorts;
  readonly #given = new Map<NodeId, Given>();
  #stopped = false;

  constructor(ports: GiverPorts) {
    this.#ports = ports;
  }

  /** Absent: it is not here, or known to be damaged. */
  async piece(from: NodeId, { file, position }: PieceRequest): Promise<FilePiece | undefined> {
    if (this.#stopped) return undefined;
    try {
      return await this.#piece(from, file, position);
    } catch (thrown) {
      // Damage, in most cases: then this node asks somebody itself.
      if (thrown instanceof LogError) return undefined;
      this.#ports.fail(thrown);
      throw thrown;
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const from of [...this.#given.keys()]) this.#release(from);
  }

  async #piece(from: NodeId, file: FileWanted, position: number): Promise<FilePiece | undefined> {
    if (file.kind === "checkpoint") {
      const { checkpoints } = this.#ports;
      if (!checkpoints.list().some(({ index }) => index === file.index)) return undefined;
      return pieceOf(await checkpoints.readFile(file.index), position);
    }
    if (file.kind === "manifest" && position === 0 && !(await this.#begin(from))) return undefined;
    const given = this.#given.get(from);
    if (given === undefined) return undefined;
    this.#keep(from, given);
    const [manifest, ...files] = given.exported.files;
    const found =
      file.kind === "manifest"
        ? manifest
        : files.find(({ sha256 }) => Buffer.from(sha256).toString("hex") === file.sha256);
    if (found === undefined) return undefined;
    const left = Math.max(0, found.bytes - position);
    const bytes = new Uint8Array(Math.min(left, SNAPSHOT_CHUNK_BYTES));
    const filled = bytes.length === 0 ? 0 : await found.read(bytes, position);
    return { totalBytes: found.bytes, bytes: bytes.subarray(0, filled) };
  }

  /** The prefix as it is now stays until `from` has all that it wants of it. */
  async #begin(from: NodeId): Promise<boolean> {
    const { compacted } = this.#ports;
    if (compacted.upTo.index === 0) return false;
    const exported = await compacted.exportFiles("intact");
    this.#release(from);
    if (this.#stopped) {
      exported.release().catch(this.#ports.fail);
      return false;
    }
    this.#given.set(from, { exported, cancel: () => undefined });
    return true;
  }

  #keep(from: NodeId, given: Given): void {
    given.cancel();
    given.cancel = this.#ports.scheduler.after(KEPT_MS, () => {
      if (this.#given.get(from) === given) this.#release(from);
    });
  }

  #release(from: NodeId): void {
    const given = this.#given.get(from);
    this.#given.delete(from);
    given?.cancel();
    given?.exported.release().catch(this.#ports.fail);
  }
}

function pieceOf(whole: Uint8Array, position: number): FilePiece {
  const bytes = whole.subarray(position, position + SNAPSHOT_CHUNK_BYTES);
  return { totalBytes: whole.length, bytes };
}
