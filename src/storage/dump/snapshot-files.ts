import { createHash } from "node:crypto";
import type { LogIndex } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import { isCompactionName, manifestIndex } from "../compaction/compacted-name.ts";
import { type CompactedFile, decodeManifest, type Manifest } from "../compaction/manifest.ts";
import { readWhole } from "../compaction/manifest-file.ts";
import type { FileSystem } from "../file-system.ts";
import { ioError } from "../io-error.ts";
import { directoryOf, join, nameOf, SNAPSHOT_DIRECTORY } from "../layout.ts";
import { isUnfinishedCheckpoint, parseCheckpointName } from "../snapshots/checkpoint-name.ts";
import { hashOfFile } from "../snapshots/file-hash.ts";
import { faultIn, readCheckpoint } from "../snapshots/read-checkpoint.ts";
import type { Checkpoint } from "../snapshots/types.ts";

/** One file of `snapshots/`, as its own bytes tell. */
export interface SnapshotFile {
  readonly path: string;
  readonly kind: "checkpoint" | "manifest" | "compacted" | "unfinished";
  /** Last entry that it covers; of an unfinished file absent. */
  readonly index: LogIndex | undefined;
  readonly bytes: number;
  /** Why it cannot be used; absent while it is intact as far as was looked. */
  readonly damage: string | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  readonly manifest?: Manifest | undefined;
}

/**
 * The checkpoints, manifests and compacted files that `path` means: a data directory's, those of
 * its `snapshots/`, or one file. From the bytes alone, without the lock, checkpoints first.
 * `deep`: compacted files are read and compared with their manifest.
 * @throws FatalError("io") where it cannot be read, FatalError("config") where nothing of it is one
 */
export async function snapshotFiles(
  fileSystem: FileSystem,
  path: string,
  deep = false,
): Promise<readonly SnapshotFile[]> {
  const name = nameOf(path);
  if (isSnapshotName(name)) {
    const names = (await fileSystem.list(directoryOf(path))) ?? [];
    if (!names.includes(name)) throw ioError("read", path, "ENOENT");
    return look(fileSystem, directoryOf(path), [name], deep);
  }
  const directory = await directoryIn(fileSystem, path);
  if (directory === undefined) return [];
  return look(fileSystem, directory, (await fileSystem.list(directory)) ?? [], deep);
}

function isSnapshotName(name: string): boolean {
  return parseCheckpointName(name) !== undefined || manifestIndex(name) !== undefined;
}

/** Absent where a data directory has no snapshots yet. */
async function directoryIn(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  const names = await fileSystem.list(path);
  if (names === undefined) throw ioError("read", path, "ENOENT");
  if (names.includes(SNAPSHOT_DIRECTORY)) return join(path, SNAPSHOT_DIRECTORY);
  if (names.some(isSnapshotName)) return path;
  if (names.includes("identity.0") || names.includes("identity.1")) return undefined;
  throw new FatalError(
    "config",
    `${path} holds no snapshots; name a data directory (data/n1), or a .checkpoint file`,
  );
}

async function look(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  deep: boolean,
): Promise<readonly SnapshotFile[]> {
  const checkpoints: SnapshotFile[] = [];
  const others: SnapshotFile[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const index = parseCheckpointName(name);
    const covered = manifestIndex(name);
    if (index !== undefined) checkpoints.push(await lookAtCheckpoint(fileSystem, path, index));
    else if (covered !== undefined)
      others.push(...(await lookAtManifest(fileSystem, directory, covered, name, deep)));
    else if (isUnfinishedCheckpoint(name) || isUnfinished(name))
      others.push({ path, kind: "unfinished", ...NOTHING, bytes: await sizeOf(fileSystem, path) });
  }
  return [...checkpoints, ...others];
}

function isUnfinished(name: string): boolean {
  return isCompactionName(name) && /\.(?:tmp|deflate)$/.test(name);
}

const NOTHING = { index: undefined, damage: undefined };

async function lookAtCheckpoint(
  fileSystem: FileSystem,
  path: string,
  index: LogIndex,
): Promise<SnapshotFile> {
  const { bytes, found } = await readCheckpoint(fileSystem, path, index);
  const checkpoint = found.kind === "valid" ? found.checkpoint : undefined;
  const damage = faultIn(found);
  return { path, kind: "checkpoint", index, bytes: bytes.length, damage, checkpoint };
}

async function lookAtManifest(
  fileSystem: FileSystem,
  directory: string,
  index: LogIndex,
  name: string,
  deep: boolean,
): Promise<readonly SnapshotFile[]> {
  const path = join(directory, name);
  const content = await readWhole(fileSystem, path);
  const decoded = decodeManifest(content);
  const of = { path, kind: "manifest", index, bytes: content.length } as const;
  if (decoded === "version") return [{ ...of, damage: "a version that is not known here" }];
  if (decoded === "damaged") return [{ ...of, damage: "byte 0: it does not match its SHA-256" }];
  const files = await Promise.all(
    decoded.files.map((file) => lookAtCompacted(fileSystem, directory, file, deep)),
  );
  const wrong =
    decoded.index !== index ? `it is the manifest of entry ${decoded.index}` : undefined;
  return [{ ...of, damage: wrong, manifest: decoded }, ...files];
}

async function lookAtCompacted(
  fileSystem: FileSystem,
  directory: string,
  { name, bytes, sha256, lastIndex }: CompactedFile,
  deep: boolean,
): Promise<SnapshotFile> {
  const path = join(directory, name);
  const of = { path, kind: "compacted", index: lastIndex, bytes } as const;
  const there = (await fileSystem.list(directory))?.includes(name) === true;
  if (!there) return { ...of, damage: "its manifest names it and it is absent" };
  const size = await sizeOf(fileSystem, path);
  if (size !== bytes) return { ...of, damage: `it has ${size} bytes, its manifest says ${bytes}` };
  if (!deep) return { ...of, damage: undefined };
  const file = await fileSystem.open(path, "read");
  try {
    const hash = createHash("sha256");
    const whole = await hashOfFile(file, 0, bytes, hash);
    const same = whole && hash.digest("hex") === sha256;
    return {
      ...of,
      damage: same ? undefined : "its bytes do not match the SHA-256 of its manifest",
    };
  } finally {
    await file.close();
  }
}

async function sizeOf(fileSystem: FileSystem, path: string): Promise<number> {
  const file = await fileSystem.open(path, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
