import { createHash } from "node:crypto";
import { LogError } from "../../common/errors.ts";
import { join } from "../layout.ts";
import type { FilePool } from "../wal/file-pool.ts";
import { compactedName, manifestIndex, manifestName } from "./compacted-name.ts";
import type { FilePins } from "./file-pins.ts";
import { decodeManifest, encodeManifest, type CompactedFile, type Manifest } from "./manifest.ts";
import { readWhole, writeManifest } from "./manifest-file.ts";
import { checkFile, type PrefixPlace } from "./prefix-boot.ts";
import type { CompactedExport, ExportedFile, StagedFile } from "./types.ts";

/** The prefix at `manifest` as files: the manifest first, from memory; the others pinned. */
export function exportPrefix(
  manifest: Manifest,
  pins: FilePins,
  pool: FilePool,
  { directory }: PrefixPlace,
): CompactedExport {
  const names = manifest.files.map(({ name }) => name);
  let pinned = true;
  pins.pin(names);
  const files = manifest.files.map(
    ({ name, bytes, sha256 }): ExportedFile => ({
      name,
      bytes,
      sha256: Buffer.from(sha256, "hex"),
      read: (into, position) =>
        pool.use(join(directory, name), (opened) => opened.read(into, position)),
    }),
  );
  return {
    index: manifest.index,
    files: [manifestFile(manifest), ...files],
    release: async () => {
      if (pinned) {
        pinned = false;
        await pins.unpin(names);
      }
    },
  };
}

function manifestFile(manifest: Manifest): ExportedFile {
  const bytes = encodeManifest(manifest);
  return {
    name: manifestName(manifest.index),
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest(),
    read: (into, position) => {
      const piece = bytes.subarray(position, position + into.length);
      into.set(piece);
      return Promise.resolve(piece.length);
    },
  };
}

/**
 * Moves staged files into the directory under names that are free, then writes their manifest.
 * What is in use stays in use: an own file of the same name may hold other bytes.
 * @throws LogError CORRUPT when the set is not whole
 */
export async function prepareInstall(
  place: PrefixPlace,
  staged: readonly StagedFile[],
): Promise<Manifest> {
  const { fileSystem, directory } = place;
  const manifest = await stagedManifest(place, staged);
  const taken = new Set((await fileSystem.list(directory)) ?? []);
  const files: CompactedFile[] = [];
  for (const file of manifest.files) {
    const path = staged.find(({ name }) => name === file.name)?.path;
    if (path === undefined) throw notWhole(`it lacks ${file.name}`);
    const name = freeName(file, taken);
    taken.add(name);
    await fileSystem.rename(path, join(directory, name));
    files.push({ ...file, name });
  }
  await fileSystem.syncDirectory(directory);
  for (const file of files) await checkFile(place, file);
  const installed = { ...manifest, files };
  await writeManifest(fileSystem, directory, installed);
  return installed;
}

async function stagedManifest(
  { fileSystem }: PrefixPlace,
  staged: readonly StagedFile[],
): Promise<Manifest> {
  const found = staged.find(({ name }) => manifestIndex(name) !== undefined);
  if (found === undefined) throw notWhole("it has no manifest");
  const manifest = decodeManifest(await readWhole(fileSystem, found.path));
  if (typeof manifest === "string") throw notWhole("its manifest is damaged");
  return manifest;
}

function freeName({ name, baseOffset }: CompactedFile, taken: ReadonlySet<string>): string {
  const index = Number(name.split(/[-.]/)[1]) as Manifest["index"];
  let copy = 0;
  while (taken.has(compactedName(baseOffset, index, copy))) copy++;
  return compactedName(baseOffset, index, copy);
}

function notWhole(what: string): LogError {
  return new LogError("CORRUPT", `the snapshot received cannot be installed: ${what}`);
}
