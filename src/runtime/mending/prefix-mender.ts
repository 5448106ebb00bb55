import type { LogIndex, NodeId } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { CompactedFile, Manifest } from "../../storage/compaction/manifest.ts";
import { decodeManifest } from "../../storage/compaction/manifest.ts";
import type { MendingFiles } from "../../storage/compaction/mending-files.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import type { SpaceWatch } from "../../storage/types.ts";
import type { PeerTransport } from "../../transport/types.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { Tracer } from "../tracer.ts";
import { fetchPiece, fetchWhole } from "./fetched-file.ts";

export interface PrefixMenderPorts {
  readonly compacted: Pick<CompactedPrefix, "damage" | "lacking" | "manifest" | "mend" | "upTo">;
  readonly files: Pick<MendingFiles, "discard" | "fetch" | "whole">;
  /** The snapshot that this node has applied: what it may have compacted up to by itself. */
  readonly snapshotIndex: () => LogIndex;
  readonly space: Pick<SpaceWatch, "check">;
  readonly transport: Pick<PeerTransport, "fetchPiece">;
  readonly tracer: Pick<Tracer, "tell">;
  readonly stopped: () => boolean;
}

interface Receiving {
  readonly peer: NodeId;
  readonly totalBytes: number;
  bytes: number;
}

/**
 * Mends the compacted prefix from another node's: the files that are damaged, where the other has
 * them byte for byte; else all that the other's is made of and this node has not.
 */
export class PrefixMender {
  readonly #ports: PrefixMenderPorts;
  #receiving: Receiving | undefined;

  constructor(ports: PrefixMenderPorts) {
    this.#ports = ports;
  }

  transfers(): SnapshotStatus["transfers"] {
    if (this.#receiving === undefined) return [];
    return [{ ...this.#receiving, direction: "receiving" }];
  }

  /**
   * @returns whether the prefix is whole now, as far as is known
   * @throws LogError why it came to nothing | FatalError("io")
   */
  async mend(peer: NodeId): Promise<boolean> {
    const { compacted, files, transport } = this.#ports;
    const bytes = await fetchWhole(transport, peer, { kind: "manifest" });
    const theirs = bytes && decodeManifest(bytes);
    if (theirs === undefined || typeof theirs === "string" || !this.#fits(theirs)) return false;
    const target = this.#hasAll(theirs) ? (compacted.manifest ?? theirs) : theirs;
    const damaged = new Set(compacted.damage.map(({ file }) => file)).size;
    const lacking = compacted.lacking(target);
    if (!(await this.#fetch(peer, lacking))) return false;
    await compacted.mend(target, files.whole);
    await files.discard();
    const sentBytes = sumOf(lacking);
    const facts = { from: peer, lastIndex: target.index, damaged, sentBytes };
    this.#ports.tracer.tell("snapshot.mended", facts);
    return true;
  }

  /** Nothing is damaged any more, whoever mended it: what was fetched is not needed. */
  async end(): Promise<void> {
    const { files } = this.#ports;
    if (files.whole.size > 0) await files.discard();
  }

  /**
   * Made of what is committed and applied here: the same snapshot, or a later one that this node
   * may compact up to itself.
   */
  #fits({ index }: Manifest): boolean {
    const { compacted, snapshotIndex } = this.#ports;
    const { upTo } = compacted;
    return index === upTo.index || (index > upTo.index && index <= snapshotIndex());
  }

  /** Whether the other node holds what is damaged here. */
  #hasAll({ files }: Manifest): boolean {
    const { compacted } = this.#ports;
    const theirs = new Set(files.map(({ sha256 }) => sha256));
    const ours = compacted.manifest;
    return ours !== undefined && compacted.lacking(ours).every((file) => theirs.has(file.sha256));
  }

  async #fetch(peer: NodeId, lacking: readonly CompactedFile[]): Promise<boolean> {
    const { files, space } = this.#ports;
    const wanted = lacking.filter(({ sha256 }) => !files.whole.has(sha256));
    const totalBytes = sumOf(wanted);
    const { freeBytes, low } = await space.check();
    if (wanted.length > 0 && (low || freeBytes < totalBytes))
      throw new LogError("STORAGE_FULL", `no room for ${totalBytes} bytes`);
    const receiving = { peer, totalBytes, bytes: 0 };
    this.#receiving = receiving;
    try {
      for (const file of wanted) if (!(await this.#fetchOne(receiving, file))) return false;
      return true;
    } finally {
      this.#receiving = undefined;
    }
  }

  #fetchOne(receiving: Receiving, file: CompactedFile): Promise<boolean> {
    const { files, stopped, transport } = this.#ports;
    const { sha256 } = file;
    return files.fetch(file, async (position) => {
      if (stopped()) return undefined;
      const wanted = { kind: "compacted" as const, sha256 };
      const piece = await fetchPiece(transport, receiving.peer, wanted, position);
      receiving.bytes += piece?.bytes.length ?? 0;
      return piece?.bytes;
    });
  }
}

function sumOf(files: readonly CompactedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
