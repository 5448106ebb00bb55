import { assert } from "../../common/assert.ts";
import { RunBudget } from "../compaction/run-budget.ts";
import type { RunPorts } from "../compaction/run-ports.ts";
import type { File, FileSystem } from "../file-system.ts";
import { directoryOf, nameOf } from "../layout.ts";
import { deflateBlock } from "./block.ts";
import { CompressedFile } from "./compressed-file.ts";
import { deflateName } from "./compressed-name.ts";
import {
  type BlockPlace,
  encodeHead,
  encodeTrailer,
  headBytesFor,
  storedFileBytes,
} from "./head.ts";
import { PlainDigest, readOwnDigest } from "./plain-digest.ts";

/** What is to be compressed, as plain data: it can cross to a worker thread. */
export interface CompressionTask {
  /** A sealed segment's `.log` file, or a compacted file. */
  readonly path: string;
  /** Bytes of it in each block: {@link DEFAULT_BLOCK_BYTES}, but for tests. */
  readonly blockBytes: number;
  /** Of the disk, what must stay free. */
  readonly keepFreeBytes: number;
  /** Read and written together; 0: as fast as it goes. */
  readonly bytesPerSecond: number;
}

/**
 * - `done`: the compressed file lies beside the plain one, verified and synced. Its name is
 *   `deflateName(path)`, and whoever knows who else replaces the plain file puts it in its place.
 * - `larger`: it would not get smaller by an eighth. Nothing is left.
 * - `damaged`: the plain file is not what its footer says. Nothing is left.
 * - `noRoom`: there may not be room for both. Nothing was written.
 */
export type CompressionResult =
  | { readonly kind: "done"; readonly logicalBytes: number; readonly storedBytes: number }
  | { readonly kind: "larger" | "damaged" | "noRoom" };

/** Read and compared at once. */
const PIECE_BYTES = 1 << 20;

/** A file that was compressed already is compressed anew: that is how a damaged head is mended. */
export async function compressFile(
  task: CompressionTask,
  ports: Pick<RunPorts, "fileSystem" | "pause">,
  signal?: AbortSignal,
): Promise<CompressionResult> {
  const { fileSystem } = ports;
  const { path } = task;
  const budget = new RunBudget(ports.pause, task.bytesPerSecond, signal);
  const plain = await fileSystem.open(path, "read");
  try {
    const room = (await fileSystem.freeBytes(directoryOf(path))) - task.keepFreeBytes;
    if (room < (await plain.size())) return { kind: "noRoom" };
    const own = await readOwnDigest(plain);
    if (own === undefined) return { kind: "damaged" };
    const digest = new PlainDigest(own);
    await removeDeflated(fileSystem, path);
    const result = await write({ task, fileSystem, plain, digest, budget });
    if (result.kind !== "done") await removeDeflated(fileSystem, path);
    return result;
  } catch (thrown) {
    // What cannot be removed now is at the next start.
    await removeDeflated(fileSystem, path).catch(() => undefined);
    throw thrown;
  } finally {
    await plain.close();
  }
}

/** What was written beside `path` is not needed, if there is anything. */
export async function removeDeflated(fileSystem: FileSystem, path: string): Promise<void> {
  const beside = deflateName(path);
  const names = await fileSystem.list(directoryOf(path));
  if (names?.includes(nameOf(beside)) === true) await fileSystem.unlink(beside);
}

interface Writing {
  readonly task: CompressionTask;
  readonly fileSystem: FileSystem;
  readonly plain: File;
  readonly digest: PlainDigest;
  readonly budget: RunBudget;
}

async function write(writing: Writing): Promise<CompressionResult> {
  const { task, fileSystem, plain, digest } = writing;
  const { blockBytes } = task;
  const logicalBytes = await plain.size();
  const file = await fileSystem.open(deflateName(task.path), "create");
  try {
    const blocks = await writeBlocks(writing, file, logicalBytes);
    if (!digest.agrees()) return { kind: "damaged" };
    const head = { blockBytes, logicalBytes, blocks };
    const storedBytes = storedFileBytes(head);
    if (storedBytes > logicalBytes - logicalBytes / 8) return { kind: "larger" };
    const bytes = encodeHead(head);
    const trailer = encodeTrailer(bytes.length);
    await file.write([bytes, trailer], storedBytes - bytes.length - trailer.length);
    await file.write([bytes], 0);
    await file.sync();
    await compare(writing, file, logicalBytes);
    return { kind: "done", logicalBytes, storedBytes };
  } finally {
    await file.close();
  }
}

async function writeBlocks(
  { task: { blockBytes }, plain, digest, budget }: Writing,
  file: File,
  logicalBytes: number,
): Promise<readonly BlockPlace[]> {
  const blocks: BlockPlace[] = [];
  let position = headBytesFor(Math.ceil(logicalBytes / blockBytes));
  const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / blockBytes)) * blockBytes;
  for (let at = 0; at < logicalBytes; at += pieceBytes) {
    const piece = await readPiece(plain, at, Math.min(pieceBytes, logicalBytes - at));
    digest.update(piece);
    await budget.read(piece.length);
    const chunks: Uint8Array[] = [];
    let written = 0;
    for (let from = 0; from < piece.length; from += blockBytes) {
      const { stored, storedBytes, crc } = deflateBlock(piece.subarray(from, from + blockBytes));
      blocks.push({ storedBytes, crc });
      chunks.push(stored);
      written += storedBytes;
    }
    await file.write(chunks, position);
    await budget.wrote(written);
    position += written;
  }
  return blocks;
}

/** What a reader will get of the file that was written is, byte for byte, the plain one. */
async function compare({ plain, budget }: Writing, file: File, bytes: number): Promise<void> {
  const compressed = await CompressedFile.over(file);
  assert(compressed !== undefined, `${file.path} can be read`);
  assert((await compressed.checkHeads()) === undefined, `${file.path} has both its heads`);
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, bytes - at);
    const expected = await readPiece(plain, at, length);
    const found = await readPiece(compressed, at, length);
    await budget.read(2 * length);
    assert(Buffer.compare(expected, found) === 0, `${file.path} holds what the plain file does`);
  }
}

async function readPiece(file: File, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const filled = await file.read(bytes, position);
  return bytes.subarray(0, filled);
}
