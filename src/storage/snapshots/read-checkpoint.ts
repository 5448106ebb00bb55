import type { LogIndex } from "../../common/brand.ts";
import type { FileSystem } from "../file-system.ts";
import {
  type CheckpointFile,
  decodeCheckpoint,
  MAX_CHECKPOINT_BYTES,
} from "./checkpoint-format.ts";

/** A checkpoint file as read: all of its bytes, and what they are. */
export interface ReadCheckpoint {
  readonly bytes: Uint8Array;
  readonly found: CheckpointFile;
}

/** Reads the checkpoint file at `path`, which is named after `index`, and checks every byte. */
export async function readCheckpoint(
  fileSystem: FileSystem,
  path: string,
  index: LogIndex,
): Promise<ReadCheckpoint> {
  const bytes = await readWhole(fileSystem, path);
  if (bytes === undefined) {
    const reason = `it has more than ${MAX_CHECKPOINT_BYTES} bytes`;
    const found: CheckpointFile = { kind: "damaged", byte: MAX_CHECKPOINT_BYTES, reason };
    return { bytes: new Uint8Array(0), found };
  }
  const found = decodeCheckpoint(bytes);
  if (found.kind !== "valid" || found.checkpoint.start.last.index === index)
    return { bytes, found };
  const reason = `it is the checkpoint of entry ${found.checkpoint.start.last.index}`;
  return { bytes, found: { kind: "damaged", byte: 16, reason } };
}

/** Why a file is of no use, for whoever asks for it; absent where it is intact. */
export function faultIn(found: CheckpointFile): string | undefined {
  if (found.kind === "valid") return undefined;
  if (found.kind === "damaged") return `byte ${found.byte}: ${found.reason}`;
  return `byte 8: format version ${found.version}, which this program does not know`;
}

/** Absent where the file is larger than any checkpoint. */
async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array | undefined> {
  const file = await fileSystem.open(path, "read");
  try {
    const size = await file.size();
    if (size > MAX_CHECKPOINT_BYTES) return undefined;
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}
