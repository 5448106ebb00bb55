import type { LogIndex } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import {
  COMPACTED_FOOTER_BYTES,
  type CompactedFooter,
  decodeCompactedFooter,
} from "./compacted-footer.ts";
import { isCompactionName, manifestIndex, manifestName } from "./compacted-name.ts";
import type { CompactedFile, Manifest } from "./manifest.ts";
import { NEXT, readManifest } from "./manifest-file.ts";

/** What the hard state says of the compacted prefix, and how to record the next one. */
export interface PrefixRecord {
  readonly current: { readonly compactedTo?: LogIndex | undefined };
  /** False: the record was lost, so what it said is not known. */
  readonly trusted: boolean;
  update(patch: { readonly compactedTo: LogIndex }): Promise<void>;
}

export interface PrefixPlace {
  readonly fileSystem: FileSystem;
  /** `<data>/snapshots`. */
  readonly directory: string;
}

/**
 * The manifest that counts, its files looked at (sizes and footers, not their frames); absent
 * before the first compaction. Leftovers of runs that did not end are removed.
 * @throws FatalError("corruption") naming the file that is damaged or absent
 */
export async function bootPrefix(
  place: PrefixPlace,
  record: PrefixRecord,
  notes: string[],
): Promise<Manifest | undefined> {
  const names = (await place.fileSystem.list(place.directory)) ?? [];
  const manifest = record.trusted
    ? await named(place, names, record.current.compactedTo)
    : await newestWhole(place, names, notes);
  await removeUnnamed(place, names, manifest, notes);
  return manifest;
}

async function named(
  place: PrefixPlace,
  names: readonly string[],
  index: LogIndex | undefined,
): Promise<Manifest | undefined> {
  if (index === undefined || index === 0) return undefined;
  const name = manifestName(index);
  if (!names.includes(name))
    throw absent(place, name, `the hard state says that the log is compacted to entry ${index}`);
  const manifest = await readManifest(place.fileSystem, place.directory, index);
  for (const file of manifest.files) {
    if (!names.includes(file.name)) throw absent(place, file.name, `${name} names it`);
    await checkFile(place, file);
  }
  return manifest;
}

/**
 * Nobody knows which manifest counts, so the newest whole one does: whatever it names was made
 * from committed entries, and older files go only after a newer manifest is whole.
 */
async function newestWhole(
  place: PrefixPlace,
  names: readonly string[],
  notes: string[],
): Promise<Manifest | undefined> {
  const indexes = names.map(manifestIndex).filter((index) => index !== undefined);
  let failure: FatalError | undefined;
  for (const index of indexes.toReversed())
    try {
      const manifest = await named(place, names, index);
      notes.push(`${manifestName(index)} counts: the hard state that named one was lost`);
      return manifest;
    } catch (thrown) {
      if (!(thrown instanceof FatalError) || thrown.kind !== "corruption") throw thrown;
      failure ??= thrown;
    }
  if (failure !== undefined) throw failure;
  return undefined;
}

async function removeUnnamed(
  { fileSystem, directory }: PrefixPlace,
  names: readonly string[],
  manifest: Manifest | undefined,
  notes: string[],
): Promise<void> {
  const leftovers = leftoversOf(names, manifest);
  for (const name of leftovers) await fileSystem.unlink(join(directory, name));
  if (leftovers.length === 0) return;
  await fileSystem.syncDirectory(directory);
  notes.push(`removed what an unfinished compaction left: ${leftovers.join(", ")}`);
}

/** Names that only compaction makes and that `manifest` does not need. */
export function leftoversOf(
  names: readonly string[],
  manifest: Manifest | undefined,
): readonly string[] {
  const needed = new Set(manifest?.files.map(({ name }) => name));
  if (manifest !== undefined) needed.add(manifestName(manifest.index));
  return names.filter((name) => isCompactionName(name) && !needed.has(name));
}

/** Size and footer are what the manifest says. @throws FatalError("corruption") */
export async function checkFile(place: PrefixPlace, file: CompactedFile): Promise<void> {
  const path = join(place.directory, file.name);
  const opened = await place.fileSystem.open(path, "read");
  try {
    const bytes = await opened.size();
    const at = Math.max(0, file.bytes - COMPACTED_FOOTER_BYTES);
    if (bytes !== file.bytes)
      throw damaged(path, Math.min(bytes, at), `it has ${bytes} bytes, not ${file.bytes}`);
    const footer = new Uint8Array(COMPACTED_FOOTER_BYTES);
    await opened.read(footer, at);
    const found = decodeCompactedFooter(footer, bytes);
    if (typeof found === "string") throw damaged(path, at, "the footer is damaged");
    if (!agrees(found, file)) throw damaged(path, at, "the manifest tells of another file");
  } finally {
    await opened.close();
  }
}

function agrees(footer: CompactedFooter, file: CompactedFile): boolean {
  return (
    footer.baseOffset === file.baseOffset &&
    footer.nextOffset === file.nextOffset &&
    footer.lastIndex === file.lastIndex &&
    footer.records === file.records &&
    footer.frameBytes === file.frameBytes &&
    footer.lastChain === file.lastChain
  );
}

function damaged(path: string, byte: number, what: string): FatalError {
  return new FatalError("corruption", `${path}: byte ${byte}: ${what}; ${NEXT}`);
}

function absent({ directory }: PrefixPlace, name: string, why: string): FatalError {
  return new FatalError("corruption", `${join(directory, name)}: absent, although ${why}; ${NEXT}`);
}
