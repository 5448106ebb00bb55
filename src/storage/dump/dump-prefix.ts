import { FRAME_HEADER_BYTES } from "../../common/frame.ts";
import {
  COMPACTED_FOOTER_BYTES,
  type CompactedFooter,
  decodeCompactedFooter,
} from "../compaction/compacted-footer.ts";
import { isCompactedName, manifestIndex } from "../compaction/compacted-name.ts";
import { decodeManifest, type Manifest } from "../compaction/manifest.ts";
import { readWhole } from "../compaction/manifest-file.ts";
import type { File, FileSystem } from "../file-system.ts";
import { ioError } from "../io-error.ts";
import { directoryOf, join, nameOf, SNAPSHOT_DIRECTORY } from "../layout.ts";
import { parseSegmentFileName } from "../wal/segment-name.ts";
import { walkCompacted } from "../verify/compacted-walk.ts";
import { FileWindow } from "../verify/file-window.ts";
import { isCheckpointPath } from "./dump-checkpoints.ts";
import type { DumpedFrame } from "./dump-frames.ts";

/** One manifest as it lies on the disk. */
export interface DumpedManifest {
  readonly file: string;
  readonly bytes: number;
  /** Absent where the file is damaged. */
  readonly manifest: Manifest | undefined;
  /** Absent while it is intact. */
  readonly fault: string | undefined;
}

/** Whether `path` is named like a manifest of a compacted prefix. */
export function isManifestPath(path: string): boolean {
  return manifestIndex(nameOf(path)) !== undefined;
}

/** Whether `path` is named like a compacted file. */
export function isCompactedPath(path: string): boolean {
  return isCompactedName(nameOf(path));
}

/** Files have no files in them. */
function isSnapshotFile(path: string): boolean {
  return isManifestPath(path) || isCompactedPath(path) || isCheckpointPath(path);
}

/** The manifests of a data directory, oldest first, or the one that `path` names. */
export async function dumpManifests(
  fileSystem: FileSystem,
  path: string,
): Promise<readonly DumpedManifest[]> {
  const dumped: DumpedManifest[] = [];
  for (const file of await filesIn(fileSystem, path, isManifestPath)) {
    const bytes = await readWhole(fileSystem, file);
    const found = decodeManifest(bytes);
    const manifest = typeof found === "string" ? undefined : found;
    dumped.push({ file, bytes: bytes.length, manifest, fault: faultIn(found, file) });
  }
  return dumped;
}

function faultIn(found: ReturnType<typeof decodeManifest>, file: string): string | undefined {
  if (found === "version") return "a version that this program does not know";
  if (found === "damaged") return "it is not what was written";
  if (found.index === manifestIndex(nameOf(file))) return undefined;
  return `it is the manifest of entry ${found.index}`;
}

/** Every frame of the compacted files of a data directory, by offset, or of the one named. */
export async function* dumpCompacted(
  fileSystem: FileSystem,
  path: string,
): AsyncIterable<DumpedFrame> {
  for (const file of await filesIn(fileSystem, path, isCompactedPath)) {
    const opened = await fileSystem.open(file, "read");
    try {
      yield* framesIn(opened);
    } finally {
      await opened.close();
    }
  }
}

async function* framesIn(opened: File): AsyncIterable<DumpedFrame> {
  const file = opened.path;
  const size = await opened.size();
  const footer = await compactedFooterOf(opened, size);
  const broken = typeof footer === "string";
  // Without footer nobody can tell where the frames end: they are shown as far as they go.
  const end = broken ? size : footer.frameBytes;
  for await (const found of walkCompacted(new FileWindow(opened, end))) {
    const { position, header } = found;
    const frame = found.kind === "frame";
    if (!frame && broken) break;
    const length = header && FRAME_HEADER_BYTES + header.payloadLength;
    const payload = frame ? found.bytes.slice(FRAME_HEADER_BYTES) : undefined;
    yield { file, position, length, header, payload, fault: frame ? undefined : found.what };
  }
  if (!broken) return;
  const position = Math.max(0, size - COMPACTED_FOOTER_BYTES);
  const fault = footer === "version" ? "a footer of another version" : "the footer is damaged";
  const length = size - position;
  yield { file, position, length, header: undefined, payload: undefined, fault };
}

/** What ends a compacted file of `size` bytes. */
export async function compactedFooterOf(
  opened: File,
  size: number,
): Promise<CompactedFooter | "damaged" | "version"> {
  const bytes = new Uint8Array(COMPACTED_FOOTER_BYTES);
  const filled = await opened.read(bytes, Math.max(0, size - bytes.length));
  return decodeCompactedFooter(bytes.subarray(0, filled), size);
}

/** The file that `path` is, or those of a data directory; none where it holds only segments. */
async function filesIn(
  fileSystem: FileSystem,
  path: string,
  isWanted: (path: string) => boolean,
): Promise<readonly string[]> {
  if (isWanted(path)) {
    const there = (await fileSystem.list(directoryOf(path)))?.includes(nameOf(path));
    if (there !== true) throw ioError("read", path, "ENOENT");
    return [path];
  }
  if (!(await holdsSnapshots(fileSystem, path))) return [];
  const directory = join(path, SNAPSHOT_DIRECTORY);
  const names = (await fileSystem.list(directory)) ?? [];
  return names.filter(isWanted).map((name) => join(directory, name));
}

/** Whether `path` is a data directory with checkpoints or anything compacted. */
export async function holdsSnapshots(fileSystem: FileSystem, path: string): Promise<boolean> {
  if (isSnapshotFile(path) || parseSegmentFileName(nameOf(path)) !== undefined) return false;
  return (await fileSystem.list(path))?.includes(SNAPSHOT_DIRECTORY) === true;
}
