import { createHash } from "node:crypto";
import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { EntryId } from "../../raft/index.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import type { File } from "../../storage/file-system.ts";
import { decodeCheckpoint } from "../../storage/snapshots/checkpoint-format.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";

/** One file of a snapshot, where it lies. */
export interface ContentFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Uint8Array;
  /** As `File.read`. */
  readonly read: File["read"];
}

/** What is sent to a follower that is too far behind: the checkpoint first. */
export interface SnapshotContent {
  /** The last entry that it covers. */
  readonly last: EntryId;
  readonly files: readonly ContentFile[];
  /** The files may go. Calling it twice does nothing. */
  release(): Promise<void>;
}

export interface ContentSources {
  readonly checkpoints: Pick<CheckpointStore, "readFile">;
  /** `prev`: the entry before the first one held. */
  readonly prevIndex: LogIndex;
  readonly compacted?: Pick<CompactedPrefix, "upTo" | "exportFiles"> | undefined;
}

export const CHECKPOINT_PART = "checkpoint";

/**
 * The snapshot that fits the log as it is: the checkpoint at its start, or, where compacted
 * segments reach as far, the one at their end and they themselves.
 * @throws LogError CORRUPT naming the file | UNAVAILABLE when there is none
 */
export async function openContent(sources: ContentSources): Promise<SnapshotContent> {
  const { checkpoints, prevIndex, compacted } = sources;
  if (compacted === undefined || compacted.upTo.index < Math.max(1, prevIndex))
    return withCheckpoint(await checkpoints.readFile(prevIndex), [], () => Promise.resolve());
  const exported = await compacted.exportFiles();
  try {
    const checkpoint = await checkpoints.readFile(exported.index);
    return withCheckpoint(checkpoint, exported.files, () => exported.release());
  } catch (thrown) {
    await exported.release();
    throw thrown;
  }
}

function withCheckpoint(
  bytes: Uint8Array,
  files: readonly ContentFile[],
  release: () => Promise<void>,
): SnapshotContent {
  const decoded = decodeCheckpoint(bytes);
  if (decoded.kind !== "valid") throw new LogError("CORRUPT", "the checkpoint cannot be read");
  const { last } = decoded.checkpoint.start;
  return { last, files: [fileInMemory(CHECKPOINT_PART, bytes), ...files], release };
}

function fileInMemory(name: string, bytes: Uint8Array): ContentFile {
  const sha256 = createHash("sha256").update(bytes).digest();
  const read = (into: Uint8Array, position: number) => {
    const piece = bytes.subarray(position, position + into.length);
    into.set(piece);
    return Promise.resolve(piece.length);
  };
  return { name, bytes: bytes.length, sha256, read };
}
