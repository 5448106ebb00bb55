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

/**
 * The prefix at `manifest` as files: the manifest first, from memory; the others pinned, without
 * those that are damaged.
 */
export function exportPrefix(
  manifest: Manifest,
  pins: FilePins,
  pool: FilePool,
  { directory }: PrefixPlace,
  damaged: ReadonlySet<string>,
): CompactedExport {
  const whole = manifest.files.filter(({ name }) => !damaged.has(name));
  const names = whole.map(({ name }) => name);
  let pinned = true;
  pins.pin(names);
  const files = whole.map(
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
  avoid: readonly string[],
): Promise<Manifest> {
  const manifest = await stagedManifest(place, staged);
  const placed = ({ name }: CompactedFile): Placed => {
    return { fetched: staged.find((file) => file.name === name)?.path };
  };
  return placeFiles(place, manifest, placed, avoid);
}

/** Where a file of a manifest is now: in use under its name already, or fetched. */
export type Placed = { readonly held: string } | { readonly fetched: string | undefined };

/**
 * Moves what was fetched under names that are free, then writes the manifest, which is answered as
 * it was written. What is in use stays where it is.
 * @param avoid names that are not to be used again
 * @throws LogError CORRUPT when something is missing
 */
export async function placeFiles(
  place: PrefixPlace,
  manifest: Manifest,
  placed: (file: CompactedFile) => Placed,
  avoid: readonly string[] = [],
): Promise<Manifest> {
  const { fileSystem, directory } = place;
  const taken = new Set([...((await fileSystem.list(directory)) ?? []), ...avoid]);
  const files: CompactedFile[] = [];
  const moved: CompactedFile[] = [];
  for (const file of manifest.files) {
    const where = placed(file);
    if ("held" in where) {
      files.push({ ...file, name: where.held });
      continue;
    }
    if (where.fetched === undefined) throw notWhole(`it lacks ${file.name}`);
    const named = { ...file, name: freeName(file, taken) };
    taken.add(named.name);
    await fileSystem.rename(where.fetched, join(directory, named.name));
    files.push(named);
    moved.push(named);
  }
  await fileSystem.syncDirectory(directory);
  for (const file of moved) await checkFile(place, file);
  const written = { ...manifest, files };
  await writeManifest(fileSystem, directory, written);
  return written;
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
