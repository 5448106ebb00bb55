import type { LogIndex } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { manifestName } from "./compacted-name.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";

/** Writes it aside, syncs, renames it into place, and syncs the directory. */
export async function writeManifest(
  fileSystem: FileSystem,
  directory: string,
  manifest: Manifest,
): Promise<void> {
  const path = join(directory, manifestName(manifest.index));
  const aside = `${path}.tmp`;
  await removeIfThere(fileSystem, aside);
  const file = await fileSystem.open(aside, "create");
  try {
    await file.write([encodeManifest(manifest)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(aside, path);
  await fileSystem.syncDirectory(directory);
}

/** Reads the whole file at `path`. */
export async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fileSystem.open(path, "read");
  try {
    const bytes = new Uint8Array(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/**
 * Reads the manifest at `index`, which must be in `directory`.
 * @throws FatalError("corruption"), or "config" when another version wrote it
 */
export async function readManifest(
  fileSystem: FileSystem,
  directory: string,
  index: LogIndex,
): Promise<Manifest> {
  const path = join(directory, manifestName(index));
  const manifest = decodeManifest(await readWhole(fileSystem, path));
  if (manifest === "version")
    throw new FatalError(
      "config",
      `${path}: a manifest of a version that this program does not know; ` +
        "next: start the version that wrote it; nothing was changed",
    );
  if (manifest === "damaged" || manifest.index !== index)
    throw new FatalError("corruption", `${path}: byte 0: the manifest is damaged; ${NEXT}`);
  return manifest;
}

/** What is left to do when the compacted prefix cannot be opened. */
export const NEXT =
  "next: keep this data directory, start the node with an empty one, " +
  "and the others bring it up to date";

async function removeIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  const at = path.lastIndexOf("/");
  const names = await fileSystem.list(path.slice(0, at));
  if (names?.includes(path.slice(at + 1)) === true) await fileSystem.unlink(path);
}
